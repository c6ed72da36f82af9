import { describe, expect, test } from 'vitest';
import type { GateResult } from '../gates/model.ts';
import type { BuildId, ChangeId } from '../ids.ts';
import type { BuildState, ChangeState, RunState } from '../run/state.ts';
import { gateTimesOf } from './queue-gate-times.ts';

type Built = Pick<BuildState, 'state' | 'gateMs'> & { readonly members: readonly string[] };

function stateWith(builds: readonly Built[], tasks: Readonly<Record<string, number>> = {}): RunState {
  const rows = builds.map((build, at) => [`build-${at}` as BuildId, build] as const);
  const gatesOf = (durationMs: number) => [{ gate: 'tests', durationMs } as GateResult];
  return {
    queue: { builds: new Map(rows) },
    tasks: new Map(Object.entries(tasks).map(([id, ms]) => [id, { gates: gatesOf(ms) }])),
  } as unknown as RunState;
}

const change = (id: string, task: string | null = null) =>
  ({ id: id as ChangeId, task }) as unknown as ChangeState;

describe('the gate time of a change', () => {
  test('is not known before anything ran', () => {
    expect(gateTimesOf(stateWith([]))(change('a'))).toBeNull();
  });

  test('is at most that of the quickest green tree that held it', () => {
    const times = gateTimesOf(
      stateWith([
        { state: 'green', gateMs: 9_000, members: ['a', 'b'] },
        { state: 'green', gateMs: 2_000, members: ['b'] },
      ]),
    );
    expect(times(change('a'))).toBe(9_000);
    expect(times(change('b'))).toBe(2_000);
  });

  test('is not learned from red and cancelled trees, which stop early', () => {
    const times = gateTimesOf(
      stateWith([
        { state: 'red', gateMs: 10, members: ['a'] },
        { state: 'cancelled', gateMs: 10, members: ['a'] },
      ]),
    );
    expect(times(change('a'))).toBeNull();
  });

  test('is that of its own gates where it was a task, else what trees usually take', () => {
    const times = gateTimesOf(
      stateWith([{ state: 'green', gateMs: 3_000, members: ['other'] }], { slow: 60_000 }),
    );
    expect(times(change('slow', 'slow'))).toBe(60_000);
    expect(times(change('new'))).toBe(3_000);
  });
});
