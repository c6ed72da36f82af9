/** Real repositories in temporary folders, with a scrubbed environment. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openGit, type RealGit } from '../../../src/adapters/git/index.ts';
import type { AbsolutePath, CommitId } from '../../../src/core/ids.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import type { Failpoint } from '../../../src/ports/world.ts';
import { branch, FIRST_FILES, type World } from './world.ts';

const run = promisify(execFile);

export const TEST_ENV: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
};

/** Trimmed stdout of git as a person or an agent would run it, with the repository's own configuration. */
export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  return gitWith({}, cwd, ...args);
}

export async function gitWith(
  env: Readonly<Record<string, string>>,
  cwd: string,
  ...args: readonly string[]
): Promise<string> {
  const { stdout } = await run('git', [...args], { cwd, env: { ...TEST_ENV, ...env }, maxBuffer: 1 << 28 });
  return stdout.trim();
}

export interface RealWorld extends World {
  readonly git: RealGit;
  readonly folder: string;
  readonly root: AbsolutePath;
  readonly state: AbsolutePath;
  /** Another port on the same repository and state folder, as after a restart. */
  reopen(failpoint?: Failpoint): Promise<RealGit>;
}

export interface RealOptions {
  readonly failpoint?: Failpoint;
  readonly initArgs?: readonly string[];
  /** Called on the finished repository, before the port is opened; returns where the port is to be opened. */
  readonly prepare?: (root: string, folder: string) => Promise<string | void>;
  readonly files?: Readonly<Record<string, string>>;
}

export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'copse-git-')));
}

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

export async function makeRepository(root: string, options: RealOptions = {}): Promise<CommitId> {
  await mkdir(root, { recursive: true });
  await git(root, 'init', '-q', '-b', 'main', ...(options.initArgs ?? []));
  await writeFiles(root, options.files ?? FIRST_FILES);
  await git(root, 'add', '-A');
  await git(root, 'commit', '-q', '-m', 'first');
  return (await git(root, 'rev-parse', 'HEAD')) as CommitId;
}

export async function realWorld(options: RealOptions = {}): Promise<RealWorld> {
  const folder = await temporaryFolder();
  const made = join(folder, 'repo');
  const base = await makeRepository(made, options);
  const root = ((await options.prepare?.(made, folder)) ?? made) as AbsolutePath;
  const state = join(folder, 'state') as AbsolutePath;
  const opened: RealGit[] = [];
  const reopen = async (failpoint: Failpoint = async () => undefined) => {
    const port = await openGit({ userRepository: root, stateDir: state, failpoint });
    opened.push(port);
    return port;
  };
  const port = await reopen(options.failpoint);
  return {
    git: port,
    folder,
    root,
    state,
    base,
    reopen,
    ...workspaceVerbs(folder, base),
    commitAsHuman: (name, parent, files) => commitFiles(made, { branch: name, parent, files }),
    moveRefAsHuman: async (ref, commit) => {
      await git(made, 'update-ref', ...(commit === null ? ['-d', ref] : [ref, commit]));
    },
    dispose: async () => {
      for (const one of opened) {
        await one.settled();
        one.close();
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function writeIn(at: string, path: string, content: string | null): Promise<void> {
  if (content === null) await rm(join(at, path));
  else await writeFiles(at, { [path]: content });
}

async function readIn(at: string, path: string): Promise<string | null> {
  return readFile(join(at, path), 'utf8').catch(() => null);
}

function workspaceVerbs(folder: string, base: CommitId) {
  return {
    spec: (task: string, changes: Partial<WorkspaceSpec> = {}): WorkspaceSpec => ({
      task,
      branch: branch(`copse/${task}`),
      path: join(folder, 'trees', task) as AbsolutePath,
      base,
      isolation: 'worktree',
      ...changes,
    }),
    write: (spec: WorkspaceSpec, path: string, content: string | null) => writeIn(spec.path, path, content),
    read: (spec: WorkspaceSpec, path: string) => readIn(spec.path, path),
    commit: async (spec: WorkspaceSpec, message: string) => {
      await git(spec.path, 'add', '-A');
      await git(spec.path, 'commit', '-q', '-m', message);
      return (await git(spec.path, 'rev-parse', 'HEAD')) as CommitId;
    },
    writeIn,
    readIn,
  };
}

async function commitFiles(
  root: string,
  change: {
    readonly branch: string;
    readonly parent: CommitId;
    readonly files: Readonly<Record<string, string | null>>;
  },
): Promise<CommitId> {
  const folder = await temporaryFolder();
  const env = { GIT_INDEX_FILE: join(folder, 'index'), GIT_WORK_TREE: folder };
  const gitDir = await git(root, 'rev-parse', '--absolute-git-dir');
  const at = (...args: readonly string[]) => gitWith({ ...env, GIT_DIR: gitDir }, folder, ...args);
  await at('read-tree', change.parent);
  for (const [path, content] of Object.entries(change.files)) {
    if (content === null) await at('update-index', '--force-remove', path);
    else {
      await writeFiles(folder, { [path]: content });
      await at('update-index', '--add', path);
    }
  }
  const tree = await at('write-tree');
  const commit = await at('commit-tree', tree, '-p', change.parent, '-m', 'by a person');
  await at('update-ref', `refs/heads/${change.branch}`, commit);
  await rm(folder, { recursive: true, force: true });
  return commit as CommitId;
}
