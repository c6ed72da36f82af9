/** The invariants of the queue over random truths, orders of results, needs, holds and flaky gates, for every strategy. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BuildId, ChangeId } from '../ids.ts';
import { admissible } from './admissible.ts';
import { bayesPlanner } from './bayes/planner.ts';
import { chainPlanner } from './chain.ts';
import type { QueueChange, QueuePlanner, QueueProposal, QueueSnapshot } from './model.ts';
import { strandedChanges, unitOf } from './needs.ts';
import { prng, type Prng } from './prng.ts';
import { serialPlanner } from './serial.ts';
import { queueChange } from './snapshot-builder.ts';
import { verdictsOf } from './verdicts.ts';

interface Truth {
  readonly changes: readonly QueueChange[];
  readonly broken: ReadonlySet<ChangeId>;
  readonly conflicts: ReadonlySet<string>;
  /** Changes that are red unless their partner is in the tree. */
  readonly repairedBy: ReadonlyMap<ChangeId, ChangeId>;
  readonly slots: number;
  readonly flakeRate: number;
  readonly seed: number;
}

interface Drive {
  snapshot: QueueSnapshot;
  readonly log: string[];
  readonly green: Set<string>;
  builds: number;
}

const truths = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  slots: fc.integer({ min: 1, max: 6 }),
  broken: fc.array(fc.nat(8), { maxLength: 4 }),
  conflicts: fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 3 }),
  clashes: fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 2 }),
  needs: fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 3 }),
  circle: fc.option(fc.tuple(fc.nat(8), fc.nat(8)), { nil: null }),
  alone: fc.array(fc.nat(8), { maxLength: 2 }),
  priorities: fc.array(fc.nat(4), { minLength: 9, maxLength: 9 }),
  areas: fc.array(fc.nat(3), { minLength: 9, maxLength: 9 }),
  seed: fc.integer(),
});
type Draft = typeof truths extends fc.Arbitrary<infer T> ? T : never;

function truthOf(draft: Draft, flakeRate: number): Truth {
  const ids = Array.from({ length: draft.count }, (_, index) => `c${String(index)}` as ChangeId);
  const inRange = (pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] =>
    pairs.filter(([a, b]) => a < draft.count && b < draft.count && a !== b);
  const circle = draft.circle === null ? [] : inRange([draft.circle]);
  const changes = ids.map((id, index) => {
    const needs = inRange(draft.needs).flatMap(([a, b]) =>
      Math.max(a, b) === index ? (ids[Math.min(a, b)] ?? []) : [],
    );
    const bound = circle.flatMap(([a, b]) =>
      a === index ? (ids[b] ?? []) : b === index ? (ids[a] ?? []) : [],
    );
    const clashes = inRange(draft.clashes).flatMap(([a, b]) => (a === index ? (ids[b] ?? []) : []));
    return queueChange(id, {
      arrival: index,
      priority: (draft.priorities[index] ?? 2) as QueueChange['priority'],
      needs: [...new Set([...needs, ...bound])],
      scopes: [`area${String(draft.areas[index] ?? 0)}/**`],
      textConflicts: [...new Set(clashes)],
      alone: draft.alone.includes(index),
      gateMs: 1_000 + 100 * index,
    });
  });
  return {
    changes,
    broken: new Set(draft.broken.flatMap((index) => ids[index] ?? [])),
    conflicts: new Set(inRange(draft.conflicts).map(([a, b]) => pairKey(ids[a], ids[b]))),
    repairedBy: new Map(circle.flatMap(([a, b]) => link(ids[a], ids[b]))),
    slots: draft.slots,
    flakeRate,
    seed: draft.seed,
  };
}

function link(a: ChangeId | undefined, b: ChangeId | undefined): [ChangeId, ChangeId][] {
  return a === undefined || b === undefined
    ? []
    : [
        [a, b],
        [b, a],
      ];
}

function pairKey(a: ChangeId | undefined, b: ChangeId | undefined): string {
  return String(a) < String(b) ? `${String(a)} ${String(b)}` : `${String(b)} ${String(a)}`;
}

function isGood(tree: ReadonlySet<ChangeId>, truth: Truth): boolean {
  const ids = [...tree];
  return ids.every((id) => {
    const partner = truth.repairedBy.get(id);
    const isRepaired = partner === undefined || tree.has(partner);
    return (
      isRepaired && !truth.broken.has(id) && !ids.some((other) => truth.conflicts.has(pairKey(id, other)))
    );
  });
}

/** Runs a queue to its end; results arrive in random order, one at a time. */
function drive(truth: Truth, planner: QueuePlanner): Drive {
  const random = prng(truth.seed);
  const state: Drive = {
    snapshot: {
      landed: [],
      ejected: [],
      pending: truth.changes,
      builds: [],
      slots: truth.slots,
      nowMs: 0,
      ...(truth.flakeRate > 0 ? { flakeRate: truth.flakeRate } : {}),
    },
    log: [],
    green: new Set(['']),
    builds: 0,
  };
  for (let turn = 0; turn < 600; turn++) {
    decide(state, truth);
    if (state.snapshot.pending.length === 0) break;
    act(state, planner(state.snapshot, truth.seed), random);
    if (!state.snapshot.builds.some((build) => build.state === 'running')) break;
    finishOne(state, truth, random);
  }
  return state;
}

function act(state: Drive, proposals: readonly QueueProposal[], random: Prng): void {
  const { accepted, rejected } = admissible(proposals, state.snapshot);
  expect(rejected).toEqual([]);
  for (const proposal of accepted) {
    state.log.push(JSON.stringify(proposal));
    const { builds } = state.snapshot;
    if (proposal.kind === 'cancel') {
      state.snapshot = { ...state.snapshot, builds: builds.filter((build) => build.id !== proposal.build) };
      continue;
    }
    state.builds += 1;
    const build = {
      id: `b${String(state.builds)}` as BuildId,
      members: random.next() < 0.5 ? proposal.members : proposal.members.toReversed(),
      landedBefore: state.snapshot.landed.length,
      state: 'running' as const,
      startedAtMs: state.snapshot.nowMs,
    };
    state.snapshot = { ...state.snapshot, builds: [...builds, build] };
  }
  const running = state.snapshot.builds.filter((build) => build.state === 'running');
  expect(running.length).toBeLessThanOrEqual(state.snapshot.slots);
}

function finishOne(state: Drive, truth: Truth, random: Prng): void {
  const running = state.snapshot.builds.filter((build) => build.state === 'running');
  const done = running[random.below(running.length)];
  if (done === undefined) return;
  const tree = new Set([...state.snapshot.landed.slice(0, done.landedBefore), ...done.members]);
  const isGreen = isGood(tree, truth) && random.next() >= truth.flakeRate;
  if (isGreen) state.green.add([...tree].toSorted().join(' '));
  state.snapshot = {
    ...state.snapshot,
    nowMs: state.snapshot.nowMs + 400,
    builds: state.snapshot.builds.map((build) =>
      build.id === done.id ? { ...build, state: isGreen ? ('green' as const) : ('red' as const) } : build,
    ),
  };
}

function decide(state: Drive, truth: Truth): void {
  for (
    let verdicts = verdictsOf(state.snapshot);
    verdicts.length > 0;
    verdicts = verdictsOf(state.snapshot)
  ) {
    for (const verdict of verdicts) {
      state.log.push(JSON.stringify(verdict));
      const gone = verdict.kind === 'land' ? verdict.members : [verdict.change];
      const pending = state.snapshot.pending.filter((change) => !gone.includes(change.id));
      if (verdict.kind === 'land') {
        const landed = [...state.snapshot.landed, ...gone];
        expect(state.green.has(landed.toSorted().join(' '))).toBe(true);
        expect(isGood(new Set(landed), truth)).toBe(true);
        state.snapshot = { ...state.snapshot, pending, landed, decidedAtMs: state.snapshot.nowMs };
      } else {
        expect(isProvenBad(verdict.change, state.snapshot, truth)).toBe(true);
        leave(state, [verdict.change]);
      }
    }
    leave(state, unmergeable(state.snapshot));
    leave(
      state,
      strandedChanges(state.snapshot).map((entry) => entry.id),
    );
  }
}

/** Bad on the present target, alone or with the changes its needs bind it to. */
function isProvenBad(id: ChangeId, snapshot: QueueSnapshot, truth: Truth): boolean {
  const unit = unitOf(id, new Map(snapshot.pending.map((change) => [change.id, change])));
  return truth.flakeRate > 0 || !isGood(new Set([...snapshot.landed, ...unit, id]), truth);
}

function unmergeable(snapshot: QueueSnapshot): readonly ChangeId[] {
  const landed = new Set(snapshot.landed);
  const isNamed = (id: ChangeId): boolean =>
    snapshot.landed.some(
      (other) => snapshot.pending.every((change) => change.id !== other) && landed.has(id),
    );
  return snapshot.pending
    .filter((change) => change.textConflicts.some((other) => landed.has(other)) || isNamed(change.id))
    .map((change) => change.id);
}

function leave(state: Drive, ids: readonly ChangeId[]): void {
  if (ids.length === 0) return;
  state.snapshot = {
    ...state.snapshot,
    pending: state.snapshot.pending.filter((change) => !ids.includes(change.id)),
    ejected: [...state.snapshot.ejected, ...ids.map((id) => ({ id, because: 'broken' as const }))],
  };
}

/** Left behind although nothing speaks against it: held together by needs or text conflicts no tree can satisfy. */
function isImpossible(change: QueueChange, snapshot: QueueSnapshot): boolean {
  const closure = new Set<ChangeId>();
  const open = [change.id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const found = snapshot.pending.find((other) => other.id === next);
    if (found === undefined || closure.has(next)) continue;
    closure.add(next);
    open.push(...found.needs);
  }
  const all = snapshot.pending.filter((other) => closure.has(other.id));
  return all.some((a) => (a.alone && all.length > 1) || a.textConflicts.some((other) => closure.has(other)));
}

const planners: readonly (readonly [string, QueuePlanner])[] = [
  ['the serial strategy', serialPlanner],
  ['the chain', chainPlanner],
  ['Bayesian group commit', bayesPlanner],
];

test.each(planners)(
  '%s never lands an untested or red tree, never ejects a good change and decides everything',
  (_, planner) => {
    fc.assert(
      fc.property(truths, (draft) => {
        const { snapshot } = drive(truthOf(draft, 0), planner);
        const left = snapshot.pending.filter((change) => !isImpossible(change, snapshot));
        expect(left.map((change) => change.id)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  },
);

test.each(planners)('%s lands nothing red and decides everything with flaky gates', (_, planner) => {
  fc.assert(
    fc.property(truths, (draft) => {
      const { snapshot } = drive(truthOf(draft, 0.2), planner);
      const left = snapshot.pending.filter((change) => !isImpossible(change, snapshot));
      expect(left.map((change) => change.id)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('Bayesian group commit does the same thing again for the same snapshots and seed', () => {
  fc.assert(
    fc.property(truths, (draft) => {
      expect(drive(truthOf(draft, 0.1), bayesPlanner).log).toEqual(
        drive(truthOf(draft, 0.1), bayesPlanner).log,
      );
    }),
    { numRuns: 25 },
  );
});
