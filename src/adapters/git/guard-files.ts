/** Files of the user's git directory that can run code or change what git shows: read, kept by content, put back. */
import { createHash } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardViolation } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { bytesIfThere, entriesOf, removeTree, statIfThere, writeWhole } from './files.ts';
import { newNonce } from './ownership.ts';

export interface GuardedFile {
  /** Relative to the guarded folder. */
  readonly path: string;
  /** Of the content, which is in the state folder under this name; null for something that is no plain file. */
  readonly sha256: string | null;
  readonly mode: number;
}

const SINGLE_FILES = [
  'config',
  'config.worktree',
  'info/attributes',
  'info/exclude',
  'info/grafts',
  'info/sparse-checkout',
  'objects/info/alternates',
  'shallow',
];

/** Larger ones are noticed by their hash but not kept: nobody has such a hook or configuration. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Every guarded file that exists, sorted by path; contents are stored once. */
export async function readGuardedFiles(context: GitContext, gitDir: string): Promise<readonly GuardedFile[]> {
  const names = [...SINGLE_FILES, ...(await hookNames(gitDir))];
  const found = await Promise.all(names.map((path) => readGuarded(context, gitDir, path)));
  return found.flatMap((file) => file ?? []).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** `*.sample` hooks never run. A hooks folder that is a link elsewhere counts as one odd file. */
async function hookNames(gitDir: string): Promise<readonly string[]> {
  const stat = await statIfThere(join(gitDir, 'hooks'));
  if (stat !== null && !stat.isDirectory()) return ['hooks'];
  const entries = await entriesOf(join(gitDir, 'hooks'));
  return entries.filter((entry) => !entry.name.endsWith('.sample')).map((entry) => `hooks/${entry.name}`);
}

async function readGuarded(context: GitContext, gitDir: string, path: string): Promise<GuardedFile | null> {
  const full = join(gitDir, path);
  const stat = await statIfThere(full);
  if (stat === null) return null;
  const content = stat.isFile() ? await bytesIfThere(full) : null;
  if (content === null) return { path, sha256: null, mode: stat.mode & 0o777 };
  const sha256 = createHash('sha256').update(content).digest('hex');
  const stored = contentFile(context, sha256);
  if (content.length <= KEPT_BYTES && (await statIfThere(stored)) === null) await writeWhole(stored, content);
  return { path, sha256, mode: stat.mode & 0o777 };
}

function contentFile(context: GitContext, sha256: string): string {
  return join(context.places.state, 'guard', 'content', sha256);
}

/** Puts `before` back where `gitDir` differs from it; what was there instead is moved to the state folder. */
export async function restoreGuardedFiles(
  context: GitContext,
  gitDir: string,
  before: readonly GuardedFile[],
): Promise<readonly GuardViolation[]> {
  const now = new Map((await readGuardedFiles(context, gitDir)).map((file) => [file.path, file]));
  const then = new Map(before.map((file) => [file.path, file]));
  const violations: GuardViolation[] = [];
  for (const path of [...new Set([...now.keys(), ...then.keys()])].toSorted()) {
    const [was, is] = [then.get(path), now.get(path)];
    if (was?.sha256 === is?.sha256 && was?.mode === is?.mode) continue;
    const restored = await restoreOne(context, join(gitDir, path), was ?? null);
    violations.push({ kind: kindOf(path), path: join(gitDir, path), restored });
  }
  return violations;
}

async function restoreOne(context: GitContext, full: string, was: GuardedFile | null): Promise<boolean> {
  const sha256 = was?.sha256 ?? null;
  const content = sha256 === null ? null : await bytesIfThere(contentFile(context, sha256));
  if (was !== null && content === null) return false;
  await setAside(context, full);
  if (was === null || content === null) return true;
  await writeWhole(full, content, was.mode);
  // The mode given at creation is cut by the umask.
  await chmod(full, was.mode);
  return true;
}

/** Nothing a person might have typed is lost: `guard/replaced/` keeps what the restore removed. */
async function setAside(context: GitContext, full: string): Promise<void> {
  const stat = await statIfThere(full);
  if (stat === null) return;
  const content = stat.isFile() ? await bytesIfThere(full) : null;
  if (content !== null) {
    const name = `${full.replaceAll('/', '_')}.${newNonce()}`.slice(-200);
    await writeWhole(join(context.places.state, 'guard', 'replaced', name), content);
  }
  if (stat.isDirectory()) await removeTree(full);
  else await rm(full, { force: true });
}

function kindOf(path: string): 'config-changed' | 'hooks-changed' | 'info-changed' {
  if (path.startsWith('hooks')) return 'hooks-changed';
  return path.startsWith('config') ? 'config-changed' : 'info-changed';
}
