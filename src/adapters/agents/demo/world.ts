import { execFile } from 'node:child_process';
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** What the demo agent has: its folder, its coordinates, and two ways to be heard. */
export interface World {
  /** The real path of the worktree it was started in. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line of JSON on stdout. */
  event(event: Readonly<Record<string, unknown>>): Promise<void>;
  /** Bytes on stdout as they are; resolves when the reader has taken them. */
  raw(bytes: Uint8Array): Promise<void>;
  complain(text: string): void;
}

export type Outcome =
  | { readonly kind: 'go-on' }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly name: NodeJS.Signals };

/** A directive that cannot be carried out: a path outside, a pattern without a match, git's refusal. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** Runs git in the worktree, without the repository's hooks and signing; throws `DemoError` with git's own words. */
export function git(world: World, ...args: readonly string[]): Promise<string> {
  const quiet = [
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'commit.gpgsign=false',
    '-c',
    'advice.detachedHead=false',
  ];
  return new Promise((resolve, reject) => {
    const options = { cwd: world.root, env: world.env, maxBuffer: 1 << 26 };
    execFile('git', [...quiet, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trimEnd());
      else reject(new DemoError(`git ${args.join(' ')}: ${stderr.trim() || error.message}`));
    });
  });
}

/** Commits everything that is not ignored; false when there was nothing to commit. */
export async function commitAll(
  world: World,
  message: string,
  ...flags: readonly string[]
): Promise<boolean> {
  await git(world, 'add', '-A');
  const isStaged = (await git(world, 'status', '--porcelain', '--untracked-files=no')) !== '';
  if (!isStaged && flags.length === 0) return false;
  await commit(world, message, ...flags);
  return true;
}

/** Commits what `flags` select, the index by default. */
export async function commit(world: World, message: string, ...flags: readonly string[]): Promise<void> {
  const identity = await identityFlags(world);
  await git(world, ...identity, 'commit', '-q', '--no-verify', '-m', message, ...flags);
  await world.event({ type: 'tool', name: 'commit', message: message.split('\n')[0], ok: true });
}

async function identityFlags(world: World): Promise<readonly string[]> {
  try {
    await git(world, 'var', 'GIT_COMMITTER_IDENT');
    await git(world, 'var', 'GIT_AUTHOR_IDENT');
    return [];
  } catch {
    return ['-c', 'user.name=Copse demo agent', '-c', 'user.email=demo-agent@localhost'];
  }
}

/** The absolute path of `relative`, which must stay inside the worktree, also through links. */
export function inside(world: World, relative: string): string {
  const target = path.resolve(world.root, relative);
  const within = (one: string): boolean => one.startsWith(world.root + path.sep);
  const isGit = path.relative(world.root, target).split(path.sep).includes('.git');
  if (!within(target) || isGit) throw new DemoError(`${relative} is outside the worktree`);
  let existing = path.dirname(target);
  while (!exists(existing)) existing = path.dirname(existing);
  const real = realpathSync(existing);
  if (real !== world.root && !within(real)) throw new DemoError(`${relative} leads outside the worktree`);
  return target;
}

function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
