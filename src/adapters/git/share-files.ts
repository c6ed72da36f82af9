/** Ignored files of the user's checkout (`.env`, caches) into a workspace. */
import { cp, mkdir, symlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { statIfThere } from './files.ts';

/** Files that exist in the workspace already are left as they are. Paths that leave the checkout count as missing. */
export async function shareFiles(
  context: GitContext,
  spec: WorkspaceSpec,
  files: { readonly copy: readonly string[]; readonly link: readonly string[] },
): Promise<{ missing: readonly string[] }> {
  const missing: string[] = [];
  for (const [names, share] of [
    [files.copy, copyInto],
    [files.link, linkInto],
  ] as const) {
    for (const name of names) {
      const from = inside(context.user.root, name);
      const to = inside(spec.path, name);
      if (
        from === null ||
        to === null ||
        (await statIfThere(from)) === null ||
        !(await isRealFolder(spec.path, to))
      ) {
        missing.push(name);
      } else if ((await statIfThere(to)) === null) {
        await mkdir(dirname(to), { recursive: true });
        await share(from, to);
      }
    }
  }
  return { missing };
}

async function copyInto(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true });
}

async function linkInto(from: string, to: string): Promise<void> {
  await symlink(from, to);
}

function inside(root: string, name: string): string | null {
  const path = normalize(join(root, name));
  if (path === root || !path.startsWith(`${root}/`) || path.slice(root.length + 1).split('/')[0] === '.git')
    return null;
  return path;
}

/** No part between the workspace and the file is a symbolic link, which could lead a write outside. */
async function isRealFolder(root: string, path: string): Promise<boolean> {
  for (let at = dirname(path); at.length > root.length; at = dirname(at)) {
    const stat = await statIfThere(at);
    if (stat !== null && !stat.isDirectory()) return false;
  }
  return true;
}
