/**
 * One comparison of all work under way. Names first: a look per worktree, one list of changes per branch. Git merges only
 * pairs that share a path, and only what it has not merged before; uncommitted work is written as a commit of our own only
 * for such a pair.
 */
import type { CommitId, TaskId } from '../../core/ids.ts';
import { liveOverlaps, overlapKey } from '../../core/run/overlaps.ts';
import type { RunState } from '../../core/run/state.ts';
import { verdictKey } from '../../core/separation/known-verdicts.ts';
import { rangeKey, rangesOf } from '../../core/separation/pair-plan.ts';
import { type ReadChanges, readChanges } from '../../core/separation/prefilter.ts';
import {
  questionOf,
  type RadarFinding,
  type RadarHistory,
  type RadarSide,
} from '../../core/separation/radar.ts';
import { type RadarMember, radarMembers } from '../../core/separation/radar-members.ts';
import type { TipPair, TrialMerge, WorktreeSighting } from '../../ports/git-separation.ts';
import type { Deps } from '../deps.ts';
import { ownBasesOf } from '../separation/merge-verdicts.ts';

export type RadarDeps = Pick<Deps, 'git'>;

/** Verdicts kept in memory; when there are more, all are forgotten. */
const MAX_KNOWN = 20_000;
/** Worktrees saved side by side. */
const SAVES_AT_ONCE = 2;
/** Times git is asked again about two commits that it could not merge. */
const MAX_REFUSALS = 3;

interface Pair {
  readonly a: RadarSide & { readonly task: TaskId };
  readonly b: RadarSide;
}

/** What was seen of one worktree, and the commit that was made of it. */
interface Seen {
  readonly sighting: WorktreeSighting;
  readonly uncommitted: ReadChanges | null;
  /** `too-large`: more than is saved for a look. */
  snapshot: CommitId | 'too-large' | null;
}

export class RadarSweep {
  readonly #deps: RadarDeps;
  readonly #seen = new Map<TaskId, Seen>();
  readonly #verdicts = new Map<string, TrialMerge>();
  readonly #refusals = new Map<string, number>();
  /** Something is to be tried again at the next look. */
  #isOpen = false;
  #history: { readonly key: string; readonly value: RadarHistory } | null = null;
  #last: { readonly key: string; readonly findings: readonly RadarFinding[] } | null = null;

  constructor(deps: RadarDeps) {
    this.#deps = deps;
  }

  /** The latest look at a worktree; null before the first. */
  seen(task: TaskId): WorktreeSighting | null {
    return this.#seen.get(task)?.sighting ?? null;
  }

  /** Looks at the worktrees of `due`; what was seen of the others still counts. Rejects with a `Failure` when git refuses. */
  async look(state: RunState, due: ReadonlySet<TaskId>): Promise<readonly RadarFinding[]> {
    const members = radarMembers(state);
    const ids = new Set(members.map(({ task }) => task));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    await this.#sight(members.filter(({ task, isRunning }) => isRunning && due.has(task)));
    const target = (await this.#deps.git.branchTip(state.target)) ?? state.queue.tip;
    const key = this.#keyOf(members, target);
    if (this.#last?.key === key) return this.#last.findings;
    this.#isOpen = false;
    const findings = await this.#compare(state, members, target);
    this.#last = this.#isOpen ? null : { key, findings };
    return findings;
  }

  async #sight(due: readonly RadarMember[]): Promise<void> {
    if (due.length === 0) return;
    const sightings = await this.#deps.git.sightWorktrees(due.map(({ worktree }) => worktree));
    for (const [at, { task }] of due.entries()) {
      const sighting = sightings[at] ?? null;
      const before = this.#seen.get(task)?.sighting;
      if (sighting === null || (before?.stamp === sighting.stamp && before.head === sighting.head)) continue;
      const uncommitted = sighting.changes.length === 0 ? null : readChanges(sighting.changes);
      this.#seen.set(task, { sighting, uncommitted, snapshot: null });
    }
  }

  #keyOf(members: readonly RadarMember[], target: CommitId): string {
    const parts = members.map((member) => {
      const sighting = member.isRunning ? this.seen(member.task) : null;
      return `${member.task} ${member.isRunning} ${sighting?.head ?? member.head} ${sighting?.stamp ?? ''}`;
    });
    return [target, ...parts].join('\n');
  }

  async #compare(
    state: RunState,
    members: readonly RadarMember[],
    target: CommitId,
  ): Promise<readonly RadarFinding[]> {
    const sides = members.map((member) => {
      const seen = member.isRunning ? this.#seen.get(member.task) : undefined;
      return {
        task: member.task,
        head: seen?.sighting.head ?? member.head,
        uncommitted: seen?.uncommitted ?? null,
      };
    });
    const running = new Map(members.filter(({ isRunning }) => isRunning).map((one) => [one.task, one]));
    const live = new Set(liveOverlaps(state).map((one) => overlapKey(one.a, one.b)));
    const landed: RadarSide = { task: null, head: target, uncommitted: null };
    const pairs = sides.flatMap((a, at): readonly Pair[] =>
      [...sides.slice(at + 1), landed]
        .filter(
          (b) =>
            running.has(a.task) ||
            (b.task !== null && running.has(b.task)) ||
            live.has(overlapKey(a.task, b.task)),
        )
        .map((b) => ({ a, b })),
    );
    const history = await this.#historyOf([...new Set(sides.map(({ head }) => head))], target);
    const asked = pairs.map((pair) => ({ pair, question: questionOf(pair.a, pair.b, history) }));
    const open = asked.filter(({ question }) => question === 'ask').map(({ pair }) => pair);
    await this.#save(open, running);
    await this.#merge(open);
    return asked.map(({ pair, question }) => this.#findingOf(pair, question));
  }

  async #historyOf(heads: readonly CommitId[], target: CommitId): Promise<RadarHistory> {
    const key = [...heads.toSorted(), target].join(' ');
    if (this.#history?.key === key) return this.#history.value;
    const all = await this.#deps.git.commonBases([...new Set([...heads, target])]);
    const ownBases = ownBasesOf(heads, target, all);
    const known = this.#history?.value.changes ?? new Map<string, ReadChanges>();
    const ranges = rangesOf(all, ownBases);
    const open = ranges.filter((range) => !known.has(rangeKey(range)));
    const lists = await this.#deps.git.changedPathsOf(open);
    const read = new Map(open.map((range, at) => [rangeKey(range), readChanges(lists[at] ?? [])]));
    const changes = new Map<string, ReadChanges>();
    for (const range of ranges) {
      const own = read.get(rangeKey(range)) ?? known.get(rangeKey(range));
      if (own !== undefined) changes.set(rangeKey(range), own);
    }
    const bases = new Map(all.map((pair) => [verdictKey(pair.a, pair.b), pair.bases]));
    const value: RadarHistory = { basesOf: (a, b) => bases.get(verdictKey(a, b)), ownBases, changes };
    this.#history = { key, value };
    return value;
  }

  /** Writes the uncommitted work of `pairs` as commits, unless that was done for the same content. */
  async #save(pairs: readonly Pair[], running: ReadonlyMap<TaskId, RadarMember>): Promise<void> {
    const ids = new Set(pairs.flatMap(({ a, b }) => (b.task === null ? [a.task] : [a.task, b.task])));
    const open = [...ids].flatMap((id) => {
      const [seen, member] = [this.#seen.get(id), running.get(id)];
      const isOpen = seen !== undefined && seen.uncommitted !== null && seen.snapshot === null;
      return isOpen && member !== undefined ? [{ seen, member }] : [];
    });
    const work = async (): Promise<void> => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) {
        const { seen, member } = next;
        const look = await this.#deps.git.worktreeChanges(member.worktree);
        if (look?.head === seen.sighting.head) seen.snapshot = look.snapshot ?? 'too-large';
        // Committed meanwhile: the next look sees the new head.
        else this.#isOpen = true;
      }
    };
    await Promise.all(Array.from({ length: SAVES_AT_ONCE }, work));
  }

  async #merge(pairs: readonly Pair[]): Promise<void> {
    const open = new Map<string, TipPair>();
    for (const { a, b } of pairs) {
      const [left, right] = [this.#tipOf(a), this.#tipOf(b)];
      if (left === null || right === null || left === right) continue;
      const key = verdictKey(left, right);
      if (!this.#verdicts.has(key)) open.set(key, { a: left, b: right });
    }
    if (open.size === 0) return;
    if (this.#verdicts.size + open.size > MAX_KNOWN) {
      this.#verdicts.clear();
      this.#refusals.clear();
    }
    const trials = await this.#deps.git.trialMerges([...open.values()]);
    for (const [at, key] of [...open.keys()].entries()) {
      const trial = trials[at];
      const refusals = (this.#refusals.get(key) ?? 0) + 1;
      if (trial === undefined) continue;
      if (trial.kind !== 'unknown' || refusals >= MAX_REFUSALS) this.#verdicts.set(key, trial);
      else this.#refusals.set(key, refusals);
    }
  }

  #tipOf({ task, head, uncommitted }: RadarSide): CommitId | null {
    if (uncommitted === null || task === null) return head;
    const snapshot = this.#seen.get(task)?.snapshot ?? null;
    return snapshot === 'too-large' ? null : snapshot;
  }

  #findingOf({ a, b }: Pair, question: ReturnType<typeof questionOf>): RadarFinding {
    const tips = { a: this.#tipOf(a) ?? a.head, b: this.#tipOf(b) ?? b.head };
    const common = { a: a.task, b: b.task, tips };
    if (question === 'apart') return { ...common, result: 'clean', files: [] };
    const [left, right] = [this.#tipOf(a), this.#tipOf(b)];
    if (left !== null && left === right) return { ...common, result: 'clean', files: [] };
    const trial = left === null || right === null ? undefined : this.#verdicts.get(verdictKey(left, right));
    if (left !== null && right !== null && question === 'ask' && trial === undefined) this.#again(a, b);
    if (question === 'unknown' || trial === undefined || trial.kind === 'unknown')
      return { ...common, result: 'unknown', files: [] };
    const files = trial.kind === 'conflict' ? trial.files : [];
    return { ...common, result: trial.kind, files };
  }

  /** The objects of a look are bounded: what was saved may be gone, and is saved again. */
  #again(...sides: readonly RadarSide[]): void {
    this.#isOpen = true;
    for (const { task } of sides) {
      const seen = task === null ? undefined : this.#seen.get(task);
      if (seen !== undefined) seen.snapshot = null;
    }
  }
}
