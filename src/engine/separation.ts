/** The conflict matrix of tasks and branches as the repository has them now: every source of evidence, read once. */
import type { CommitId, RepoPath } from '../core/ids.ts';
import { type CoChange, coChangeOf } from '../core/separation/co-change.ts';
import { independentSets, type IndependentSets } from '../core/separation/independent.ts';
import { verdictKey } from '../core/separation/known-verdicts.ts';
import { type Cell, matrixOf, type PairVerdict } from '../core/separation/matrix.ts';
import { type Lander, mergeOrder, type OrderedLander } from '../core/separation/order.ts';
import { type FileList, pathsInText, readFileList } from '../core/separation/paths-in-text.ts';
import { readScope } from '../core/separation/scope.ts';
import { seedsOf, type TouchSources, touchesOf, withoutPaths } from '../core/separation/touches.ts';
import { Failure } from '../kit/failure.ts';
import type { WorktreeChanges } from '../ports/git-separation.ts';
import {
  type MergeVerdicts,
  mergeVerdicts,
  type VerdictCounts,
  type VerdictDeps,
} from './separation/merge-verdicts.ts';
import type { ConflictSubject } from './separation/subjects.ts';

export interface ConflictOptions {
  /** What the work lands on. */
  readonly onto: CommitId;
  /** Patterns of paths that never count as overlap. */
  readonly ignore: readonly string[];
}

export interface ComparedSubject {
  readonly id: string;
  readonly kind: 'task' | 'branch';
  /** What was merged: with uncommitted work, a commit of the moment. */
  readonly tip: CommitId | null;
  readonly uncommitted: readonly RepoPath[];
  /** Paths changed since it left what it lands on; null when nothing is there. */
  readonly changed: readonly string[] | null;
}

export interface Conflicts {
  readonly onto: CommitId;
  readonly subjects: readonly ComparedSubject[];
  readonly cells: readonly Cell[];
  readonly together: IndependentSets;
  readonly order: readonly OrderedLander[];
  readonly counts: VerdictCounts;
  /** What could not be looked at, and why. */
  readonly notes: readonly string[];
}

/** Tracked names read; beyond them a text or scope speaks for no single file. */
const MAX_FILES = 50_000;
/** Commits read for what changes together. */
const HISTORY = 1_000;
/** Worktrees looked at side by side. */
const LOOKS_AT_ONCE = 4;

export async function conflictsOf(
  deps: VerdictDeps,
  subjects: readonly ConflictSubject[],
  options: ConflictOptions,
): Promise<Conflicts> {
  const notes: string[] = [];
  const looks = await lookAtWorktrees(deps, subjects, notes);
  const tipOf = new Map(
    subjects.map((subject, at) => [subject.id, looks[at]?.snapshot ?? looks[at]?.head ?? subject.tip]),
  );
  const tips = [...tipOf.values()].filter((tip) => tip !== null);
  const merges = await mergeVerdicts(deps, tips, options.onto);
  const scene: Scene = { subjects, looks, merges, tipOf };
  const sources = await sourcesOf(deps, scene, options);
  const history = await historyOf(deps, sources.all, options.onto);
  const compared = comparedOf(scene);
  const evidence = subjects.map(({ id, isGoingOn }, at) => {
    const own = sources.all[at] ?? EMPTY;
    const touches = withoutPaths(touchesOf(own, sources.files, history), options.ignore);
    return { id, isGoingOn, scope: own.scope, touches };
  });
  const byId = new Map(
    compared.map((one, at) => [one.id, { one, isGoingOn: subjects[at]?.isGoingOn === true }]),
  );
  const cells = matrixOf(evidence, (a, b) => verdictOf(byId.get(a), byId.get(b), merges));
  return {
    onto: options.onto,
    subjects: compared,
    cells,
    together: independentSets(evidence, cells),
    order: mergeOrder(landersOf(subjects, compared, merges), cells),
    counts: merges.counts,
    notes,
  };
}

const EMPTY: TouchSources = { scope: null, named: [], committed: [], uncommitted: [], isGoingOn: false };

async function lookAtWorktrees(
  deps: VerdictDeps,
  subjects: readonly ConflictSubject[],
  notes: string[],
): Promise<readonly (WorktreeChanges | null)[]> {
  const looks: (WorktreeChanges | null)[] = subjects.map(() => null);
  const open = [...subjects.entries()];
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const [at, { id, worktree }] = next;
      if (worktree === null) continue;
      try {
        const look = await deps.git.worktreeChanges(worktree);
        looks[at] = look;
        if (look !== null && look.snapshot === null)
          notes.push(`${id}: its uncommitted work is too large to be merged on trial`);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        notes.push(`${id}: its worktree could not be looked at: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, work));
  return looks;
}

/** What was found out before any evidence is weighed; lists in the order of the subjects. */
interface Scene {
  readonly subjects: readonly ConflictSubject[];
  readonly looks: readonly (WorktreeChanges | null)[];
  readonly merges: MergeVerdicts;
  readonly tipOf: ReadonlyMap<string, CommitId | null>;
}

async function sourcesOf(
  deps: VerdictDeps,
  { subjects, looks, merges, tipOf }: Scene,
  options: ConflictOptions,
): Promise<{ readonly all: readonly TouchSources[]; readonly files: FileList }> {
  // Names of files matter only to work that is described and not done.
  const names = subjects.some(({ isGoingOn }) => isGoingOn)
    ? await deps.git.listFiles(options.onto, MAX_FILES)
    : [];
  const files = readFileList(names);
  const all = subjects.map((subject, at): TouchSources => {
    const uncommitted = looks[at]?.paths ?? [];
    const live = new Set<string>(uncommitted);
    const tip = tipOf.get(subject.id) ?? null;
    const changed = tip === null ? [] : (merges.changed.get(tip) ?? []);
    return {
      scope: subject.scope === null ? null : readScope(subject.scope, options.ignore),
      named: pathsInText(subject.text, files),
      committed: changed.filter((path) => !live.has(path)),
      uncommitted,
      isGoingOn: subject.isGoingOn,
    };
  });
  return { all, files };
}

async function historyOf(
  deps: VerdictDeps,
  sources: readonly TouchSources[],
  onto: CommitId,
): Promise<CoChange | null> {
  const seeds = new Set(sources.filter(({ isGoingOn }) => isGoingOn).flatMap(seedsOf));
  return seeds.size === 0 ? null : coChangeOf(await deps.git.coChange(onto, HISTORY), seeds);
}

function comparedOf({ subjects, looks, merges, tipOf }: Scene): readonly ComparedSubject[] {
  return subjects.map(({ id, kind }, at) => {
    const tip = tipOf.get(id) ?? null;
    const changed = tip === null ? null : (merges.changed.get(tip) ?? null);
    return { id, kind, tip, uncommitted: looks[at]?.paths ?? [], changed };
  });
}

interface Side {
  readonly one: ComparedSubject;
  readonly isGoingOn: boolean;
}

/** null while one of them has nothing to merge: a merge of nothing is clean and says nothing about work to come. */
function verdictOf(a: Side | undefined, b: Side | undefined, merges: MergeVerdicts): PairVerdict | null {
  if (a === undefined || b === undefined || a.one.tip === null || b.one.tip === null) return null;
  if ([a, b].some(({ one, isGoingOn }) => isGoingOn && one.changed?.length === 0)) return null;
  if (a.one.tip === b.one.tip) return { kind: 'clean', how: 'contained' };
  return merges.verdicts.get(verdictKey(a.one.tip, b.one.tip)) ?? null;
}

function landersOf(
  subjects: readonly ConflictSubject[],
  compared: readonly ComparedSubject[],
  merges: MergeVerdicts,
): readonly Lander[] {
  return compared.map((own, at) => {
    const needs = (subjects[at]?.needs ?? []).map((id) => ({ id: id as string, because: 'needed' }));
    const within = compared.flatMap((other) => {
      if (
        own.tip === null ||
        other.tip === null ||
        other.tip === own.tip ||
        (other.changed?.length ?? 0) === 0
      )
        return [];
      const bases = merges.bases.get(verdictKey(own.tip, other.tip)) ?? [];
      return bases.includes(other.tip) ? [{ id: other.id, because: 'contained in it' }] : [];
    });
    const after = [...needs, ...within.filter(({ id }) => !needs.some((need) => need.id === id))];
    return { id: own.id, after, size: own.changed?.length ?? null };
  });
}
