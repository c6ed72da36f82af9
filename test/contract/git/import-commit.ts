/** A commit of many files, made by one process. */
import { execFile } from 'node:child_process';
import type { CommitId } from '../../../src/core/ids.ts';
import { git, TEST_ENV } from './real-world.ts';

/** On `parent`, with `files` changed (null deletes); `refs/heads/<name>` is moved to it, checkouts are not touched. */
export async function importCommit(
  root: string,
  name: string,
  parent: CommitId,
  files: Readonly<Record<string, string | null>>,
): Promise<CommitId> {
  const ref = `refs/heads/${name}`;
  const changes = Object.entries(files).map(([path, content]) =>
    content === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(content)}`,
  );
  const who = 'Ann <ann@example.com> 1000 +0000';
  const stream = `commit ${ref}\ncommitter ${who}\n${data('by a person')}from ${parent}\n${changes.join('')}done\n`;
  await new Promise<void>((resolve, reject) => {
    const args = ['fast-import', '--quiet', '--done', '--force'];
    const child = execFile('git', args, { cwd: root, env: { ...TEST_ENV } }, (error) =>
      error === null ? resolve() : reject(error),
    );
    child.stdin?.end(stream);
  });
  return (await git(root, 'rev-parse', ref)) as CommitId;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
