/** A small repository of its own for the tour: made in a temporary folder, with one commit. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../kit/failure.ts';

const run = promisify(execFile);

/** Nobody's configuration applies, so that the tour is the same everywhere. */
const IDENTITY = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Copse demo',
  GIT_AUTHOR_EMAIL: 'demo@localhost',
  GIT_COMMITTER_NAME: 'Copse demo',
  GIT_COMMITTER_EMAIL: 'demo@localhost',
};

/** Absolute path of the checkout. Failure `git-missing` when there is no git. */
export async function makeScratchRepository(
  name: string,
  files: Readonly<Record<string, string>>,
  searchPath: string,
): Promise<string> {
  const root = join(await realpath(await mkdtemp(join(tmpdir(), 'copse-demo-'))), name);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const env = { PATH: searchPath, HOME: root, ...IDENTITY };
  const git = async (...args: readonly string[]): Promise<void> => {
    try {
      await run('git', ['-C', root, ...args], { env });
    } catch (cause) {
      throw new Failure('git-missing', 'git could not make the repository of the tour', { cause });
    }
  };
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=A small shop');
  return root;
}
