import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateName, RepoPath } from '../ids.ts';
import type { GateSpec, MetricSpec } from '../plan/model.ts';
import { gateDigestInput } from './digest-input.ts';
import { aggregate } from './measure.ts';
import {
  foldTries,
  judgeGate,
  judgeMetric,
  shouldRetry,
  type GateReadings,
  type MetricReading,
} from './verdict.ts';

function metric(over: Partial<MetricSpec> = {}): MetricSpec {
  return {
    name: 'passed',
    source: { kind: 'regex', pattern: String.raw`(\d+) passed`, file: null },
    aggregate: 'last',
    min: null,
    max: null,
    equals: null,
    maxRegression: null,
    better: 'higher',
    baseline: null,
    severity: 'blocker',
    ...over,
  };
}

function gate(over: Partial<GateSpec> = {}): GateSpec {
  return {
    name: 'tests' as GateName,
    run: 'npm test',
    timeoutMs: 60_000,
    retries: 0,
    at: ['task'],
    severity: 'blocker',
    lock: null,
    env: {},
    cwd: null,
    metrics: [],
    ...over,
  };
}

function reading(values: readonly number[], over: Partial<MetricReading> = {}): MetricReading {
  return { name: 'passed', values, problem: null, baseline: null, ...over };
}

function ran(over: Partial<GateReadings> = {}): GateReadings {
  return {
    couldNotRun: null,
    exit: { code: 0, signal: null },
    timedOut: false,
    changedPaths: [],
    metrics: [],
    ...over,
  };
}

describe('a run', () => {
  test.each<[string, Partial<GateReadings>, string, string]>([
    ['passes on exit code 0', {}, 'pass', 'exit code 0'],
    ['fails on another exit code', { exit: { code: 3, signal: null } }, 'fail', 'exit code 3'],
    ['fails on a signal', { exit: { code: null, signal: 'SIGKILL' } }, 'fail', 'ended by SIGKILL'],
    ['fails without any exit', { exit: { code: null, signal: null } }, 'fail', 'ended without an exit code'],
    ['fails when it could not run', { couldNotRun: 'sh not found' }, 'fail', 'could not run: sh not found'],
    [
      'fails when it timed out, if it then left with 0 too',
      { timedOut: true },
      'fail',
      'timed out after 60 s',
    ],
    [
      'fails when it changed tracked files',
      { changedPaths: ['a', 'b', 'c', 'd'] },
      'fail',
      'changed tracked files: a, b, c and 1 more',
    ],
  ])('%s', (_what, readings, verdict, reason) => {
    expect(judgeGate(gate(), ran(readings))).toMatchObject({ verdict, reason });
    expect(judgeGate(gate({ severity: 'warning' }), ran(readings))).toMatchObject({
      verdict: verdict === 'fail' ? 'warn' : verdict,
      isRed: verdict === 'fail',
    });
  });

  test('fails on a bad exit code even when every metric is fine', () => {
    const judged = judgeGate(
      gate({ metrics: [metric({ min: 1 })] }),
      ran({ exit: { code: 1, signal: null }, metrics: [reading([5])] }),
    );
    expect(judged).toMatchObject({
      verdict: 'fail',
      reason: 'exit code 1',
      metrics: [{ status: 'pass', value: 5 }],
    });
  });

  test('takes no metric from a run that did not end', () => {
    const spec = gate({ metrics: [metric({ min: 1 })] });
    for (const over of [{ timedOut: true }, { couldNotRun: 'no checkout' }]) {
      const judged = judgeGate(spec, ran({ ...over, metrics: [reading([5])] }));
      expect(judged.metrics).toMatchObject([{ value: null, status: 'fail' }]);
      expect(judged.reason).not.toContain(';');
    }
  });

  test('names three failures and counts the rest, in the order of the spec', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const judged = judgeGate(
      gate({ metrics: names.map((name) => metric({ name, min: 2 })) }),
      ran({
        metrics: names.map((name) => reading([1], { name })).toReversed(),
      }),
    );
    expect(judged.reason).toBe(
      '1 a, needs at least 2; 1 b, needs at least 2; 1 c, needs at least 2; and 2 more',
    );
    expect(judged.metrics.map((one) => one.name)).toEqual(names);
  });

  test('warns for a metric of severity warning, and a failure outweighs it', () => {
    const soft = metric({ name: 'soft', min: 2, severity: 'warning' });
    const metrics = [reading([1], { name: 'soft' }), reading([1])];
    expect(judgeGate(gate({ metrics: [soft] }), ran({ metrics }))).toMatchObject({
      verdict: 'warn',
      isRed: false,
      reason: '1 soft, needs at least 2',
    });
    expect(judgeGate(gate({ metrics: [soft, metric({ min: 2 })] }), ran({ metrics }))).toMatchObject({
      verdict: 'fail',
      reason: '1 passed, needs at least 2',
    });
  });

  test('fails for a metric nobody read', () => {
    expect(judgeGate(gate({ metrics: [metric()] }), ran())).toMatchObject({
      verdict: 'fail',
      reason: 'passed could not be read: not measured',
    });
  });
});

describe('a metric', () => {
  test.each<[string, Partial<MetricSpec>, MetricReading, 'pass' | 'fail', string]>([
    ['without bounds needs only a value', {}, reading([4]), 'pass', '4 passed'],
    ['at its minimum', { min: 676 }, reading([676]), 'pass', '676 passed'],
    ['under its minimum', { min: 676 }, reading([671]), 'fail', '671 passed, needs at least 676'],
    ['at its maximum', { max: 0 }, reading([0]), 'pass', '0 passed'],
    ['over its maximum', { max: 0 }, reading([0.5]), 'fail', '0.5 passed, needs at most 0'],
    ['equal', { equals: 1.5 }, reading([1.5]), 'pass', '1.5 passed'],
    ['unequal', { equals: 1 }, reading([2]), 'fail', '2 passed, needs exactly 1'],
    [
      'out of both bounds',
      { min: 5, equals: 6 },
      reading([4]),
      'fail',
      '4 passed, needs at least 5 and exactly 6',
    ],
    ['without a value', {}, reading([]), 'fail', 'passed could not be read: no value found'],
    [
      'that is no number',
      {},
      reading([Number.NaN]),
      'fail',
      'passed could not be read: a match is not a number',
    ],
    [
      'that is infinite',
      { min: 1 },
      reading([Infinity]),
      'fail',
      'passed could not be read: a match is not a number',
    ],
    [
      'whose report is gone',
      {},
      reading([7], { problem: 'no file x' }),
      'fail',
      'passed could not be read: no file x',
    ],
    ['that counts nothing', { aggregate: 'count', max: 0 }, reading([]), 'pass', '0 passed'],
    [
      'that counts what is no number',
      { aggregate: 'count', equals: 2 },
      reading([Number.NaN, 1]),
      'pass',
      '2 passed',
    ],
  ])('%s', (_what, spec, read, status, detail) => {
    expect(judgeMetric(metric(spec), read)).toMatchObject({ status, detail });
    expect(judgeMetric(metric({ ...spec, severity: 'warning' }), read).status).toBe(
      status === 'fail' ? 'warn' : status,
    );
  });

  test.each([
    ['higher', 100, 0.05, 95, true],
    ['higher', 100, 0.05, 94.999, false],
    ['higher', 100, 0, 100, true],
    ['higher', 100, 0, 99.999999999, false],
    ['higher', 100, 0.05, 1e9, true],
    ['lower', 100, 0.05, 105, true],
    ['lower', 100, 0.05, 105.001, false],
    ['lower', 100, 0.05, -1, true],
    ['lower', 0.3, 0.1, 0.33, true],
    ['higher', 0.7, 0.1, 0.63, true],
    ['higher', -10, 0.1, -11, true],
    ['higher', -10, 0.1, -11.1, false],
    ['lower', -10, 0.1, -9, true],
    ['lower', 0, 0.5, 0, true],
    ['lower', 0, 0.5, 0.001, false],
  ] as const)(
    'better %s, baseline %d, allowed %d: %d passes is %s',
    (better, baseline, maxRegression, value, passes) => {
      const judged = judgeMetric(metric({ better, maxRegression }), reading([value], { baseline }));
      expect(judged.status).toBe(passes ? 'pass' : 'fail');
      expect(judged.baseline).toBe(baseline);
    },
  );

  test.each([null, Number.NaN, Infinity])('fails a regression check against baseline %s', (baseline) => {
    const judged = judgeMetric(metric({ maxRegression: 0.1 }), reading([1], { baseline }));
    expect(judged).toMatchObject({ status: 'fail', baseline: null });
    expect(judged.detail).toContain('there is none');
  });

  test.each([
    ['sum', 9],
    ['min', -1],
    ['max', 7],
    ['mean', 3],
    ['last', 7],
    ['first', 3],
    ['count', 3],
  ] as const)('takes the %s of several values', (how, value) => {
    expect(aggregate([3, -1, 7], how)).toEqual({ ok: true, value });
  });

  test('never passes without a finite value', () => {
    const hows = ['sum', 'min', 'max', 'mean', 'last', 'first'] as const;
    fc.assert(
      fc.property(fc.array(fc.double()), fc.constantFrom(...hows), (values, how) => {
        const judged = judgeMetric(metric({ aggregate: how }), reading(values));
        if (judged.status === 'pass') expect(Number.isFinite(judged.value)).toBe(true);
        else expect(judged.value).toBeNull();
      }),
    );
  });

  test('takes many values without exhausting the stack', () => {
    expect(
      aggregate(
        Array.from({ length: 500_000 }, () => 1),
        'max',
      ),
    ).toEqual({ ok: true, value: 1 });
  });
});

describe('tries', () => {
  const red = judgeGate(gate(), ran({ exit: { code: 1, signal: null } }));
  const green = judgeGate(gate(), ran());
  test('one try is itself', () => {
    expect(foldTries([green])).toEqual({ ...green, flaky: false });
    expect(foldTries([red])).toEqual({ ...red, flaky: false });
  });
  test('a pass after a red one is a pass and flaky, and says what was red', () => {
    expect(foldTries([red, red, green])).toMatchObject({
      verdict: 'pass',
      flaky: true,
      reason: 'flaky: passed on try 3, before that exit code 1',
    });
  });
  test('red in every try stays red and is not flaky', () => {
    expect(foldTries([red, red])).toMatchObject({
      verdict: 'fail',
      flaky: false,
      reason: 'exit code 1 (2 tries)',
    });
  });
  test('a gate of severity warning is tried again as well', () => {
    const soft = gate({ severity: 'warning', retries: 1 });
    const warned = judgeGate(soft, ran({ exit: { code: 1, signal: null } }));
    expect(shouldRetry(soft, [warned])).toBe(true);
    expect(foldTries([warned, green])).toMatchObject({ verdict: 'pass', flaky: true });
  });
  test('tries again only what is red, and only as often as allowed', () => {
    const spec = gate({ retries: 2 });
    expect(
      [[], [red], [red, red], [red, red, red], [green], [red, green]].map((tries) =>
        shouldRetry(spec, tries),
      ),
    ).toEqual([false, true, true, false, false, false]);
  });
});

describe('the digest input', () => {
  const base = gate({
    env: { B: '1', A: '2' },
    metrics: [metric(), metric({ name: 'time', maxRegression: 0 })],
  });
  const text = gateDigestInput(base, { time: 10 });
  test.each<[string, GateSpec, Record<string, number | null>]>([
    ['the name', { ...base, name: 'other' as GateName }, { time: 10 }],
    ['stages and lock', { ...base, at: ['end'], lock: 'cpu' }, { time: 10 }],
    ['the order of metrics', { ...base, metrics: base.metrics.toReversed() }, { time: 10 }],
    ['the order of variables', { ...base, env: { A: '2', B: '1' } }, { time: 10 }],
    ['baselines nothing is compared with', base, { time: 10, passed: 3 }],
  ])('does not depend on %s', (_what, spec, baselines) => {
    expect(gateDigestInput(spec, baselines)).toBe(text);
  });
  test.each<[string, Partial<GateSpec>]>([
    ['the command', { run: 'npm t' }],
    ['a variable', { env: { A: '2', B: '2' } }],
    ['the folder', { cwd: 'sub' as RepoPath }],
    ['the time limit', { timeoutMs: 1 }],
    ['retries', { retries: 1 }],
    ['severity', { severity: 'warning' }],
    ['a threshold', { metrics: [metric({ min: 1 }), metric({ name: 'time', maxRegression: 0 })] }],
  ])('depends on %s', (_what, over) => {
    expect(gateDigestInput({ ...base, ...over }, { time: 10 })).not.toBe(text);
  });
  test('depends on the baseline a metric is compared with', () => {
    expect(gateDigestInput(base, { time: 11 })).not.toBe(text);
    expect(gateDigestInput(base, {})).not.toBe(text);
  });
});
