/** Verdicts of all pairs of tips: a filter proves most of them clean, git merges the rest once. */
import type { AbsolutePath, CommitId } from '../../core/ids.ts';
import type { PairBases } from '../../core/separation/merge-bases.ts';
import {
  type KnownVerdict,
  readVerdicts,
  verdictKey,
  withVerdicts,
  writeVerdicts,
} from '../../core/separation/known-verdicts.ts';
import type { PairVerdict } from '../../core/separation/matrix.ts';
import { rangeKey, rangesOf, workOf } from '../../core/separation/pair-plan.ts';
import { readChanges, type ReadChanges } from '../../core/separation/prefilter.ts';
import { Failure } from '../../kit/failure.ts';
import type { Deps } from '../deps.ts';
import { under } from '../paths.ts';

export type VerdictDeps = Pick<Deps, 'git' | 'paths'> & {
  readonly files: Pick<Deps['files'], 'read' | 'write'>;
};

export interface MergeVerdicts {
  /** By `verdictKey`; every pair of different tips is there. */
  readonly verdicts: ReadonlyMap<string, PairVerdict>;
  /** Paths each tip changed since its own base; null when it has none. */
  readonly changed: ReadonlyMap<CommitId, readonly string[] | null>;
  readonly bases: ReadonlyMap<string, readonly CommitId[]>;
  readonly counts: VerdictCounts;
}

export interface VerdictCounts {
  readonly pairs: number;
  /** Proven clean without a merge. */
  readonly spared: number;
  readonly known: number;
  readonly merged: number;
}

/** `onto`: what all of them are to land on. */
export async function mergeVerdicts(
  deps: VerdictDeps,
  tips: readonly CommitId[],
  onto: CommitId,
): Promise<MergeVerdicts> {
  const distinct = [...new Set(tips)];
  const all = await deps.git.commonBases([...new Set([...distinct, onto])]);
  const isTip = new Set(distinct);
  const ownBases = ownBasesOf(distinct, onto, all);
  const pairs = all.filter(({ a, b }) => isTip.has(a) && isTip.has(b));
  const ranges = rangesOf(pairs, ownBases);
  const lists = await deps.git.changedPathsOf(ranges);
  const changes = new Map<string, ReadChanges>(
    ranges.map((range, at) => [rangeKey(range), readChanges(lists[at] ?? [])]),
  );
  const verdicts = new Map<string, PairVerdict>();
  const open: PairBases[] = [];
  for (const pair of pairs) {
    const work = workOf(pair, ownBases, changes);
    if (work.kind === 'merge') open.push(pair);
    else verdicts.set(verdictKey(pair.a, pair.b), work);
  }
  const made = await mergeOpen(deps, open);
  for (const [key, verdict] of made.verdicts) verdicts.set(key, verdict);
  return {
    verdicts,
    changed: new Map(distinct.map((tip) => [tip, changedBy(tip, ownBases, changes)])),
    bases: new Map(pairs.map(({ a, b, bases }) => [verdictKey(a, b), bases])),
    counts: {
      pairs: pairs.length,
      spared: pairs.length - open.length,
      known: made.known,
      merged: open.length - made.known,
    },
  };
}

/** Where each tip left what it lands on; tips without exactly one such place have no entry. */
export function ownBasesOf(
  tips: readonly CommitId[],
  onto: CommitId,
  all: readonly PairBases[],
): ReadonlyMap<CommitId, CommitId> {
  const own = new Map<CommitId, CommitId>();
  if (tips.includes(onto)) own.set(onto, onto);
  for (const { a, b, bases } of all) {
    if (a !== onto && b !== onto) continue;
    const [base] = bases;
    if (base !== undefined && bases.length === 1) own.set(a === onto ? b : a, base);
  }
  return own;
}

function changedBy(
  tip: CommitId,
  ownBases: ReadonlyMap<CommitId, CommitId>,
  changes: ReadonlyMap<string, ReadChanges>,
): readonly string[] | null {
  const base = ownBases.get(tip);
  if (base === undefined) return null;
  return [...(changes.get(rangeKey({ from: base, to: tip }))?.paths.values() ?? [])];
}

async function mergeOpen(
  deps: VerdictDeps,
  open: readonly PairBases[],
): Promise<{ readonly verdicts: ReadonlyMap<string, PairVerdict>; readonly known: number }> {
  const verdicts = new Map<string, PairVerdict>();
  if (open.length === 0) return { verdicts, known: 0 };
  const gitVersion = await deps.git.gitVersion();
  const path = under(deps.paths.state, 'separation/verdicts.txt');
  const known = readVerdicts(await readCache(deps, path), gitVersion);
  const rest = open.filter(({ a, b }) => !known.has(verdictKey(a, b)));
  for (const { a, b } of open) {
    const verdict = known.get(verdictKey(a, b));
    if (verdict !== undefined) verdicts.set(verdictKey(a, b), shown(verdict));
  }
  const trials = await deps.git.trialMerges(rest.map(({ a, b }) => ({ a, b })));
  const added: [string, KnownVerdict][] = [];
  for (const [at, { a, b }] of rest.entries()) {
    const trial = trials[at] ?? { kind: 'unknown', why: 'git gave no verdict' };
    if (trial.kind === 'unknown') verdicts.set(verdictKey(a, b), trial);
    else {
      added.push([verdictKey(a, b), trial]);
      verdicts.set(verdictKey(a, b), shown(trial));
    }
  }
  if (added.length > 0) await writeCache(deps, path, writeVerdicts(withVerdicts(known, added), gitVersion));
  return { verdicts, known: open.length - rest.length };
}

function shown(verdict: KnownVerdict): PairVerdict {
  return verdict.kind === 'clean' ? { kind: 'clean', how: 'merged' } : verdict;
}

/** What was kept is only a saving: when it cannot be read or written, all is merged again. */
async function readCache(deps: VerdictDeps, path: AbsolutePath): Promise<string | null> {
  try {
    return await deps.files.read(path);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

async function writeCache(deps: VerdictDeps, path: AbsolutePath, text: string): Promise<void> {
  try {
    await deps.files.write(path, text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
