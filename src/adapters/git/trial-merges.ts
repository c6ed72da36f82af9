/**
 * Many merges of which only the verdict is wanted. `merge-tree --stdin` (git 2.39) merges all pairs in one process, at
 * about 2 ms a pair; an older git gets one process per pair, a few at a time.
 */
import { availableParallelism } from 'node:os';
import type { RepoPath } from '../../core/ids.ts';
import type { TipPair, TrialMerge } from '../../ports/git-separation.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { Semaphore } from './lock.ts';
import { pathText, splitNul } from './names.ts';
import { type Reach, withReach } from './reach.ts';

/** A second process halves the time of more pairs than this, by measurement. */
const PAIRS_WORTH_A_PROCESS = 64;
const MAX_PROCESSES = 4;

const OPTIONS = ['--write-tree', '-z', '--name-only', '--no-messages'];

/** The method of the port; what git can do is asked once. */
export function openTrialMerges(
  context: GitContext,
): (pairs: readonly TipPair[]) => Promise<readonly TrialMerge[]> {
  let batches: Promise<boolean> | null = null;
  return async (pairs) => {
    if (pairs.length === 0) return [];
    return withReach(context, async (reach) => {
      batches ??= canBatch(context, reach);
      if (!(await batches)) return singly(context, reach, pairs);
      const wanted = Math.ceil(pairs.length / PAIRS_WORTH_A_PROCESS);
      const processes = Math.min(MAX_PROCESSES, availableParallelism(), wanted);
      const size = Math.ceil(pairs.length / processes);
      const parts = Array.from({ length: processes }, (_, at) => pairs.slice(at * size, (at + 1) * size));
      return (await Promise.all(parts.map((part) => inBatches(context, reach, part)))).flat();
    });
  };
}

/** Asked of git itself, not guessed from its version: vendors port options back. An empty batch is a success. */
async function canBatch(context: GitContext, reach: Reach): Promise<boolean> {
  const { code } = await context.git.run({
    ...reach,
    label: 'ask whether git merges in batches',
    args: ['merge-tree', '--stdin', ...OPTIONS],
    input: '',
    ok: [0, 1, 128, 129],
  });
  return code === 0;
}

/** Git died of a signal: a failed assertion of its own. */
const CRASHED = -1;

/**
 * A pair that git refuses ends its process: that pair is unknown, and the rest goes to another one. When git crashes, the
 * answers it had not yet written are lost with it, so what is unanswered is halved until the pair is found.
 */
async function inBatches(
  context: GitContext,
  reach: Reach,
  pairs: readonly TipPair[],
): Promise<readonly TrialMerge[]> {
  const verdicts: TrialMerge[] = [];
  while (verdicts.length < pairs.length) {
    const rest = pairs.slice(verdicts.length);
    const { code, stdout, stderr } = await context.git.run({
      ...reach,
      label: `merge ${rest.length} pairs on trial`,
      args: ['merge-tree', '--stdin', ...OPTIONS],
      input: rest.map(({ a, b }) => `${a} ${b}\n`).join(''),
      ok: [0, 1, 128, CRASHED],
      maxBytes: 1 << 30,
      timeoutMs: 1_800_000,
    });
    const answers = readAnswers(stdout);
    verdicts.push(...answers);
    const open = rest.slice(answers.length);
    if (open.length === 0) break;
    if (code === 0)
      throw new GitFailure('git-failed', `git answered ${answers.length} of ${rest.length} merges`);
    if (code !== CRASHED || open.length === 1) verdicts.push({ kind: 'unknown', why: reasonOf(stderr) });
    else {
      const middle = Math.ceil(open.length / 2);
      verdicts.push(...(await inBatches(context, reach, open.slice(0, middle))));
      verdicts.push(...(await inBatches(context, reach, open.slice(middle))));
    }
  }
  return verdicts;
}

/** Per pair: 1 clean or 0 conflict, a tree, the paths in conflict, and an empty field. A cut last answer is dropped. */
function readAnswers(output: Buffer): readonly TrialMerge[] {
  const answers: TrialMerge[] = [];
  const parts = splitNul(output);
  for (let at = 0; at < parts.length;) {
    const isClean = parts[at]?.toString('latin1') === '1';
    const files: Buffer[] = [];
    let end = at + 2;
    while (end < parts.length && (parts[end]?.length ?? 0) > 0) files.push(parts[end++] as Buffer);
    if (end >= parts.length) break;
    answers.push(isClean ? { kind: 'clean' } : { kind: 'conflict', files: pathsOf(files) });
    at = end + 1;
  }
  return answers;
}

async function singly(
  context: GitContext,
  reach: Reach,
  pairs: readonly TipPair[],
): Promise<readonly TrialMerge[]> {
  const turns = new Semaphore(Math.min(MAX_PROCESSES, 2 * availableParallelism()));
  return Promise.all(
    pairs.map(({ a, b }) =>
      turns.run(async (): Promise<TrialMerge> => {
        const { code, stdout, stderr } = await context.git.run({
          ...reach,
          label: `merge ${b.slice(0, 12)} with ${a.slice(0, 12)} on trial`,
          args: ['merge-tree', ...OPTIONS, a, b],
          ok: [0, 1, 128, CRASHED],
        });
        if (code === 0) return { kind: 'clean' };
        // Exit 1 with no tree is a name git does not know, not a conflict.
        const [tree, ...files] = splitNul(stdout);
        if (code !== 1 || tree === undefined) return { kind: 'unknown', why: reasonOf(stderr) };
        return { kind: 'conflict', files: pathsOf(files) };
      }),
    ),
  );
}

function pathsOf(names: readonly Buffer[]): readonly RepoPath[] {
  const paths = names.filter((name) => name.length > 0).map((name) => pathText(name).text as RepoPath);
  return [...new Set(paths)].toSorted();
}

function reasonOf(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return line === '' ? 'git could not merge them' : line.replace(/^(?:fatal|error): /, '').slice(0, 200);
}
