/**
 * Fetches and pushes for a target in another repository. The control repository speaks to the address that the user's
 * repository names, with the user's own configuration and credentials; nothing of the repository's configuration but that
 * address is used, and no prompt is ever shown.
 */
import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { PushOutcome, RemoteBranch, RemoteGit } from '../../ports/git-remote.ts';
import { isAncestor } from './ancestry.ts';
import { effect, type GitContext } from './context.ts';
import { remoteEnvironment } from './environment.ts';
import { userConfigEnvironment } from './excludes.ts';
import { GitFailure } from './failure.ts';
import { branchRef } from './names.ts';
import { isCommitIn } from './objects.ts';
import type { GitResult } from './run.ts';

/** One exchange with a remote; a large first fetch may take long. */
const NETWORK_TIMEOUT_MS = 300_000;

interface Seen {
  readonly tip: CommitId | null;
  /** By a clock that never goes back. */
  readonly atMs: number;
}

export function openRemotes(context: GitContext): RemoteGit {
  const seen = new Map<string, Seen>();
  const look = async (target: RemoteBranch): Promise<CommitId | null> => {
    const tip = await lookUp(context, target);
    if (tip !== null && !(await isCommitIn(context.controlReader, tip))) await fetchTip(context, target);
    seen.set(keyOf(target), { tip, atMs: performance.now() });
    return tip;
  };
  return {
    remotes: () => remoteNames(context),
    fetchRemoteTip: async (target, maxAgeMs) => {
      const last = seen.get(keyOf(target));
      if (last !== undefined && performance.now() - last.atMs < maxAgeMs) return last.tip;
      return context.mutexes.run(`remote:${keyOf(target)}`, () => look(target));
    },
    pushRemote: (request) =>
      context.mutexes.run(`remote:${keyOf(request)}`, async () => {
        if (!(await isAncestor(context, request.from, request.to)))
          throw new GitFailure('git-bad-name', `${request.to} does not hold what ${request.from} has`);
        const pushed = await effect(context, 'publish.push', () => push(context, request));
        const outcome = await outcomeOf(pushed, request, look);
        if (outcome.kind === 'published')
          seen.set(keyOf(request), { tip: request.to, atMs: performance.now() });
        return outcome;
      }),
  };
}

function keyOf({ remote, branch }: RemoteBranch): string {
  return `${remote}/${branch}`;
}

/** The lease is the compare-and-set: refused unless the branch is where it is expected at that very moment. */
function push(
  context: GitContext,
  request: RemoteBranch & { readonly from: CommitId; readonly to: CommitId },
): Promise<GitResult> {
  const ref = branchRef(request.branch);
  return exchange(context, request, `push to ${keyOf(request)}`, (url) => [
    'push',
    '--porcelain',
    '--no-verify',
    '--no-follow-tags',
    '--recurse-submodules=no',
    `--force-with-lease=${ref}:${request.from}`,
    '--',
    url,
    `${request.to}:${ref}`,
  ]);
}

/** What the remote holds afterwards decides, not the words of the refusal. */
async function outcomeOf(
  pushed: GitResult,
  request: RemoteBranch & { readonly from: CommitId; readonly to: CommitId },
  look: (target: RemoteBranch) => Promise<CommitId | null>,
): Promise<PushOutcome> {
  if (pushed.code === 0) return { kind: 'published' };
  const actual = await look(request);
  if (actual === request.to) return { kind: 'published' };
  if (actual !== request.from) return { kind: 'moved', actual };
  throw refused(request, pushed);
}

async function lookUp(context: GitContext, target: RemoteBranch): Promise<CommitId | null> {
  const ref = branchRef(target.branch);
  const result = await exchange(context, target, `look at ${keyOf(target)}`, (url) => [
    'ls-remote',
    '--',
    url,
    ref,
  ]);
  if (result.code !== 0) throw refused(target, result);
  const row = result.stdout
    .toString()
    .split('\n')
    .find((line) => line.endsWith(`\t${ref}`));
  return row === undefined ? null : parseCommitId(row.split('\t')[0] ?? '');
}

async function fetchTip(context: GitContext, target: RemoteBranch): Promise<void> {
  const ref = branchRef(target.branch);
  const kept = `refs/copse/remotes/${target.remote}/${target.branch}`;
  const result = await exchange(context, target, `fetch ${keyOf(target)}`, (url) => [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
    '--',
    url,
    `+${ref}:${kept}`,
  ]);
  if (result.code !== 0) throw refused(target, result);
}

async function exchange(
  context: GitContext,
  target: RemoteBranch,
  label: string,
  args: (url: string) => readonly string[],
): Promise<GitResult> {
  const url = await addressOf(context, target.remote);
  return context.git.run({
    label,
    gitDir: context.places.control,
    // A relative address is meant from the user's checkout.
    cwd: context.user.root,
    args: args(url),
    env: { ...userConfigEnvironment(), ...remoteEnvironment() },
    ok: [0, 1, 2, 128],
    timeoutMs: NETWORK_TIMEOUT_MS,
  });
}

function refused(target: RemoteBranch, result: GitResult): GitFailure {
  const said = `${result.stderr}\n${result.stdout.toString()}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:To |Done$|hint:)/.test(line));
  const text = withoutSecrets(said.slice(0, 3).join('; ')).slice(0, 400);
  return new GitFailure(
    'git-remote',
    `${keyOf(target)}: ${text === '' ? `git exited ${result.code}` : text}`,
    {
      hint: `git ls-remote ${target.remote}    # must work without a prompt`,
    },
  );
}

/** An address may carry a password. */
function withoutSecrets(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^@/\s']*@/g, '$1***@');
}

async function addressOf(context: GitContext, remote: string): Promise<string> {
  for (const key of ['pushurl', 'url']) {
    const { stdout } = await readConfig(context, ['--get', `remote.${remote}.${key}`]);
    const url = stdout.toString().trim();
    if (url !== '') return url;
  }
  throw new GitFailure('git-remote', `there is no remote ${remote}`, { hint: 'git remote -v' });
}

async function remoteNames(context: GitContext): Promise<readonly string[]> {
  const { stdout } = await readConfig(context, ['--name-only', '--get-regexp', '^remote\\..*\\.url$']);
  const names = stdout.toString().split('\n').filter(Boolean);
  return [...new Set(names.map((name) => name.slice('remote.'.length, -'.url'.length)))];
}

/** Reading configuration runs nothing. */
function readConfig(context: GitContext, args: readonly string[]): Promise<GitResult> {
  return context.git.run({
    label: 'read the remotes',
    gitDir: null,
    cwd: context.user.root,
    args: ['config', ...args],
    env: userConfigEnvironment(),
    ok: [0, 1],
  });
}
