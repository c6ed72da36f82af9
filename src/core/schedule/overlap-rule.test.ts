import { describe, expect, test } from 'vitest';
import { planOf, type TaskSketch } from '../../../test/support/plan-builder.ts';
import { RunBuilder } from '../../../test/support/run-builder.ts';
import type { ChangeId } from '../ids.ts';
import type { ConflictPolicy } from '../plan/model.ts';
import type { ExpectedPair } from '../run/events.ts';
import { overlapRule, unlandedHold } from './overlap-rule.ts';

const SERIALIZE: ConflictPolicy = { onOverlap: 'serialize', enforceScope: 'off', ignore: [] };
const scope = (...include: readonly string[]) => ({ include, exclude: [], origin: 'declared' }) as const;

function run(tasks: Record<string, TaskSketch>, conflicts = SERIALIZE, pairs: readonly ExpectedPair[] = []) {
  return new RunBuilder(planOf(tasks, { conflicts })).add({ kind: 'overlap.expected', pairs, dropped: 0 });
}

function reasonOf(built: RunBuilder): string | null {
  return overlapRule(built.state)(built.task('a').task, built.task('b').task);
}

const expected = {
  a: 'a',
  b: 'b',
  chance: 0.49,
  origin: ['text'],
  file: 'src/x.ts',
  because: 'src/x.ts: named in the text, of both',
} as unknown as ExpectedPair;

describe('what keeps two tasks apart', () => {
  test('what is expected, with its source and its chance', () => {
    expect(reasonOf(run({ a: {}, b: {} }, SERIALIZE, [expected]))).toBe(
      'src/x.ts: named in the text, of both (text, 49 % likely)',
    );
    expect(reasonOf(run({ a: {}, b: {} }))).toBeNull();
  });

  test('declared scopes that meet, likely or not', () => {
    const tasks = { a: { scope: scope('src/**') }, b: { scope: scope('src/**') } };
    expect(reasonOf(run(tasks))).toBe('both may touch src/** (declared scopes)');
    expect(reasonOf(run(tasks, SERIALIZE, [expected]))).toBe(
      'both may touch src/** (declared scopes, 49 % likely)',
    );
  });

  test.each(['warn', 'allow'] as const)('nothing, when the plan says %s', (onOverlap) => {
    const tasks = { a: { scope: scope('src/**') }, b: { scope: scope('src/**') } };
    expect(reasonOf(run(tasks, { ...SERIALIZE, onOverlap }, [expected]))).toBeNull();
  });
});

describe('work that is done and has not landed', () => {
  const hold = (built: RunBuilder): string | null =>
    unlandedHold(built.task('b'), built.state, overlapRule(built.state));

  test('is waited for by a task that nobody has begun', () => {
    const built = run({ a: {}, b: {} }, SERIALIZE, [expected]).committed('a');
    expect(hold(built)).toContain('overlaps a, which has not landed');
    expect(hold(built.gated('a', 'green'))).toContain('has not landed');
  });

  test('is not waited for once it has landed, nor by a task that was begun, nor when a person holds it back or nothing is to land', () => {
    const landed = run({ a: {}, b: {} }, SERIALIZE, [expected]).queued('a').landed('build-1', 'a');
    expect(hold(landed)).toBeNull();
    const begun = run({ a: {}, b: {} }, SERIALIZE, [expected]).committed('a').working('b').exited('b');
    expect(hold(begun)).toBeNull();
    const queued = () => run({ a: {}, b: {} }, SERIALIZE, [expected]).queued('a');
    expect(hold(queued())).toContain('has not landed');
    expect(hold(queued().add({ kind: 'change.held', change: 'a' as ChangeId, by: 'anna' }))).toBeNull();
    expect(hold(queued().add({ kind: 'queue.closed', by: 'anna', below: null }))).toBeNull();
    const unmerged = new RunBuilder(planOf({ a: {}, b: {} }, { conflicts: SERIALIZE }), { noMerge: true })
      .add({ kind: 'overlap.expected', pairs: [expected], dropped: 0 })
      .committed('a');
    expect(hold(unmerged)).toBeNull();
  });
});
