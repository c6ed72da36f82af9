/** Finds out what the user's repository is, once, at opening. The only calls that read its configuration. */
import { join, resolve } from 'node:path';
import type { AbsolutePath } from '../../core/ids.ts';
import { GitFailure } from './failure.ts';
import { readIfThere } from './files.ts';
import type { GitRunner } from './run.ts';

export interface UserRepository {
  /** Top of the user's checkout. */
  readonly root: AbsolutePath;
  /** `.git` of that checkout: the common dir, or an admin dir when the checkout is itself a linked worktree. */
  readonly gitDir: AbsolutePath;
  readonly commonDir: AbsolutePath;
  readonly objectFormat: 'sha1' | 'sha256';
  /** Settings of the user's that change file content or modes, never ones that run something. */
  readonly safeConfig: Readonly<Record<string, string>>;
}

/** How a file's bytes and mode are stored; each value is checked against its small set. */
const SAFE_KEYS: Readonly<Record<string, RegExp>> = {
  'core.autocrlf': /^(?:true|false|input)$/,
  'core.eol': /^(?:lf|crlf|native)$/,
  'core.filemode': /^(?:true|false)$/,
  'core.symlinks': /^(?:true|false)$/,
  'core.ignorecase': /^(?:true|false)$/,
  'core.precomposeunicode': /^(?:true|false)$/,
  'core.sharedrepository': /^(?:true|false|umask|group|all|world|everybody|0?[0-7]{3})$/,
};

/** Fails with `git-not-a-repository`, `git-bare`, `git-reftable` or `git-partial-clone`. */
export async function discover(runner: GitRunner, path: AbsolutePath): Promise<UserRepository> {
  const answers = await lookAt(runner, path);
  const [gitDir = '', common = '', bare = '', format = ''] = answers;
  if (bare === 'true') {
    throw new GitFailure('git-bare', `${path} is a bare repository: there is no checkout to work beside`, {
      hint: 'run inside a clone: git clone <this repository> <folder>',
    });
  }
  const top = await runner.run({
    label: 'find the top of the checkout',
    gitDir: null,
    cwd: path,
    args: ['rev-parse', '--show-toplevel'],
  });
  const commonDir = resolve(path, common) as AbsolutePath;
  const config = await readConfig(runner, commonDir);
  if ((config.get('extensions.refstorage') ?? 'files') !== 'files') {
    throw new GitFailure(
      'git-reftable',
      'the repository stores its refs in reftable format, which is not supported',
      {
        hint: 'run: git refs migrate --ref-format=files',
      },
    );
  }
  if (
    config.has('extensions.partialclone') ||
    [...config.keys()].some((key) => /^remote\..*\.promisor$/.test(key))
  ) {
    throw new GitFailure(
      'git-partial-clone',
      'the repository is a partial clone: objects would be missing later',
      {
        hint: 'run: git clone <url> <folder> without --filter',
      },
    );
  }
  return {
    root: top.stdout.toString().replace(/\n$/, '') as AbsolutePath,
    gitDir: gitDir as AbsolutePath,
    commonDir,
    objectFormat: format === 'sha256' ? 'sha256' : 'sha1',
    safeConfig: pickSafe(config),
  };
}

const LOOK = ['--absolute-git-dir', '--git-common-dir', '--is-bare-repository', '--show-object-format'];

async function lookAt(runner: GitRunner, path: AbsolutePath): Promise<readonly string[]> {
  try {
    const { stdout } = await runner.run({
      label: `look at ${path}`,
      gitDir: null,
      cwd: path,
      // Explicit bare repositories only: here the folder is discovered, and a bare one must be told by name.
      args: ['-c', 'safe.bareRepository=all', 'rev-parse', ...LOOK],
    });
    return stdout.toString().split('\n');
  } catch (cause) {
    if (cause instanceof GitFailure && cause.code === 'git-missing') throw cause;
    throw new GitFailure('git-not-a-repository', `${path} is not inside a git repository`, {
      cause,
      hint: 'run: git init',
    });
  }
}

async function readConfig(runner: GitRunner, commonDir: string): Promise<ReadonlyMap<string, string>> {
  const file = join(commonDir, 'config');
  if ((await readIfThere(file)) === null) return new Map();
  const { stdout } = await runner.run({
    label: 'read the configuration',
    gitDir: null,
    cwd: commonDir,
    args: ['config', '--file', file, '--no-includes', '--list', '-z'],
  });
  const entries = stdout.toString().split('\0').filter(Boolean);
  return new Map(entries.map((entry) => splitOnce(entry)));
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf('\n');
  return at === -1 ? [entry.toLowerCase(), 'true'] : [entry.slice(0, at).toLowerCase(), entry.slice(at + 1)];
}

function pickSafe(config: ReadonlyMap<string, string>): Record<string, string> {
  const safe: Record<string, string> = {};
  for (const [key, pattern] of Object.entries(SAFE_KEYS)) {
    const value = config.get(key);
    if (value !== undefined && pattern.test(value)) safe[key] = value;
  }
  return safe;
}
