import { mkdir, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { bytesIfThere, writeWhole } from './files.ts';
import type { WorkspaceRecord } from './ownership.ts';

/** Written by hand: three files, no process, nothing inherited from a template. No remotes; objects are borrowed from control. */
export async function writeCloneDir(
  context: GitContext,
  record: WorkspaceRecord,
  target: { readonly gitDir: string; readonly tip: CommitId; readonly index: string },
): Promise<void> {
  const { gitDir, tip, index } = target;
  await mkdir(join(gitDir, 'objects', 'info'), { recursive: true });
  await mkdir(join(gitDir, 'objects', 'pack'), { recursive: true });
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeWhole(
    join(gitDir, 'objects', 'info', 'alternates'),
    `${join(context.places.control, 'objects')}\n`,
  );
  await writeWhole(join(gitDir, 'config'), cloneConfig(context), 0o644);
  await writeWhole(join(gitDir, 'refs', 'heads', record.branch), `${tip}\n`, 0o644);
  await writeWhole(join(gitDir, 'copse'), `${record.nonce}\n`);
  const exclude = await bytesIfThere(join(context.places.control, 'info', 'exclude'));
  await writeWhole(join(gitDir, 'info', 'exclude'), exclude ?? '', 0o644);
  const shallow = await bytesIfThere(join(context.places.control, 'shallow'));
  if (shallow !== null) await writeWhole(join(gitDir, 'shallow'), shallow, 0o644);
  await copyFile(index, join(gitDir, 'index'));
  await writeWhole(join(gitDir, 'HEAD'), `ref: refs/heads/${record.branch}\n`, 0o644);
}

/** Of a repository with a work tree that an agent or a person works in: ours, with the identity of our commits. */
export function cloneConfig(context: GitContext): string {
  const { objectFormat, safeConfig } = context.user;
  return [
    '[core]',
    `\trepositoryformatversion = ${objectFormat === 'sha256' ? 1 : 0}`,
    '\tbare = false',
    '\tlogallrefupdates = true',
    ...Object.entries(safeConfig).map(([key, value]) => `\t${key.slice('core.'.length)} = ${value}`),
    ...(objectFormat === 'sha256' ? ['[extensions]', '\tobjectformat = sha256'] : []),
    '[user]',
    `\tname = ${quoted(context.identity.name)}`,
    `\temail = ${quoted(context.identity.email)}`,
    '[gc]',
    '\tauto = 0',
    '\tpruneExpire = never',
    '',
  ].join('\n');
}

function quoted(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
