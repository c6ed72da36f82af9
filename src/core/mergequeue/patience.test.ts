import { describe, expect, test } from 'vitest';
import type { BuildId, ChangeId } from '../ids.ts';
import type { QueueBuild, QueueChange, QueuePlanner, QueueSnapshot } from './model.ts';
import { patient, waitUntil } from './patience.ts';

const change = (id: string, gateMs: number | null = null): QueueChange => ({
  id: id as ChangeId,
  arrival: Number(id),
  arrivedAtMs: 0,
  priority: 2,
  needs: [],
  scopes: [],
  textConflicts: [],
  gateMs,
  predictedPass: null,
  alone: false,
  held: false,
});

const build = (id: string, startedAtMs: number, endedAtMs?: number): QueueBuild => ({
  id: `b${id}` as BuildId,
  members: [id as ChangeId],
  landedBefore: 0,
  state: endedAtMs === undefined ? 'running' : 'green',
  startedAtMs,
  ...(endedAtMs === undefined ? {} : { endedAtMs }),
});

/** Four changes that came together, two slots. */
const queue = (
  nowMs: number,
  builds: readonly QueueBuild[],
  more: Partial<QueueSnapshot> = {},
): QueueSnapshot => ({
  landed: [],
  ejected: [],
  pending: ['1', '2', '3', '4'].map((id) => change(id)),
  builds,
  slots: 2,
  nowMs,
  ...more,
});

describe('a slot that has become free', () => {
  test('waits for the run beside it, started in the same moment, for half a gate time', () => {
    expect(waitUntil(queue(1_000, [build('1', 0, 1_000), build('2', 50)]))).toBe(1_500);
  });

  test('waits no longer', () => {
    expect(waitUntil(queue(1_500, [build('1', 0, 1_000), build('2', 50)]))).toBeNull();
  });

  test('does not wait for a run that is far from its end', () => {
    expect(waitUntil(queue(1_000, [build('1', 0, 1_000), build('2', 600)]))).toBeNull();
  });

  test('does not wait for a run that is long over its time', () => {
    const builds = [build('3', 0, 1_000), build('1', 1_000, 2_000), build('2', 0)];
    expect(waitUntil(queue(2_000, builds))).toBeNull();
  });

  test('goes by the runs beside it, not by the first ones, which took far longer', () => {
    const cold = [build('3', 0, 3_000), build('4', 0, 3_000), build('5', 0, 3_000)];
    const builds = [...cold, build('1', 3_100, 4_700), build('2', 3_100)];
    expect(waitUntil(queue(4_700, builds))).toBe(4_700 + 800);
  });

  test('does not take a run that broke off for the usual', () => {
    const builds = [build('3', 0, 1_000), build('4', 0, 1_000), build('1', 1_000, 1_100), build('2', 1_000)];
    expect(waitUntil(queue(1_100, builds))).toBeNull();
  });

  test('goes by the gates of the changes where they differ', () => {
    const pending = [change('1', 100), change('2', 1_000), change('3', 100), change('4', 100)];
    const builds = [build('1', 850, 960), build('2', 0)];
    // What ran took a tenth longer than its gates.
    expect(waitUntil(queue(960, builds, { pending }))).toBe(960 + 550);
    expect(waitUntil(queue(400, [build('1', 300, 400), build('2', 0)], { pending }))).toBeNull();
  });

  test('waits for nothing that nobody can tell the time of', () => {
    expect(waitUntil(queue(1_000, [build('2', 0)]))).toBeNull();
  });

  test('does not wait once something was started in it', () => {
    const builds = [build('1', 0, 1_000), build('2', 50), build('3', 1_001)];
    expect(waitUntil(queue(1_010, builds, { slots: 3 }))).toBeNull();
  });

  test('does not wait in a chain', () => {
    const builds = [build('1', 0, 1_000), build('2', 50)];
    expect(waitUntil(queue(1_000, builds, { everyCommit: true }))).toBeNull();
  });
});

describe('a patient planner', () => {
  const start = { kind: 'start', members: ['3' as ChangeId], because: 'next' } as const;

  test('starts nothing meanwhile', () => {
    const planner = patient(() => [start]);
    const builds = [build('1', 0, 1_000), build('2', 50)];
    expect(planner(queue(1_000, builds), 1)).toEqual([]);
    expect(planner(queue(1_500, builds), 1)).toEqual([start]);
  });

  test('thinks about what to start only when it may start something', () => {
    const asked: number[] = [];
    const planner = patient(({ slots }) => {
      asked.push(slots);
      return [];
    });
    const builds = [build('1', 0, 1_000), build('2', 50)];
    planner(queue(1_000, builds), 1);
    expect(asked).toEqual([1]);
    planner(queue(1_500, builds), 1);
    expect(asked).toEqual([1, 1, 2]);
  });

  test('does not wait for what it cancels', () => {
    const cancel = { kind: 'cancel', build: 'b2' as BuildId, because: 'void' } as const;
    const planner: QueuePlanner = patient(() => [cancel, start]);
    expect(planner(queue(1_000, [build('1', 0, 1_000), build('2', 50)]), 1)).toEqual([cancel, start]);
    const three = [build('1', 0, 1_000), build('2', 50), build('4', 60)];
    expect(planner(queue(1_000, three, { slots: 3 }), 1)).toEqual([cancel]);
  });
});
