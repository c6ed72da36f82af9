import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reading } from './reading.ts';
import { readTap, TAP_FIELDS } from './tap.ts';

function all<F extends string>(fields: readonly F[], read: (field: F) => Reading): unknown {
  return Object.fromEntries(
    fields.map((field) => {
      const reading = read(field);
      return [field, reading.ok ? reading.value[0] : reading.error];
    }),
  );
}

describe('tap', () => {
  test.each<[string, string, unknown]>([
    [
      'a plain stream',
      'TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b\nok 3\n',
      { passed: 2, failed: 1, skipped: 0, todo: 0, total: 3 },
    ],
    [
      'directives',
      '1..5\nok 1 # SKIP no net\nnot ok 2 # TODO later\nok 3 # todo\nok 4 - a \\# skip b\nok - c # Skipped',
      { passed: 1, failed: 0, skipped: 2, todo: 2, total: 5 },
    ],
    [
      'subtests, YAML and log lines',
      '> node --test\n# Subtest: x\n    ok 1 - inner\n    1..1\n  ---\n  not ok\n  ...\nok 1 - x\r\nokay\n1..1\r\n# pass 1\n',
      { passed: 1, failed: 0, skipped: 0, todo: 0, total: 1 },
    ],
    ['missing tests', '1..5\nok 1\nok 2\n', { passed: 2, failed: 3, skipped: 0, todo: 0, total: 5 }],
    ['tests nobody planned', '1..1\nok 1\nok 2\n', { passed: 2, failed: 1, skipped: 0, todo: 0, total: 2 }],
    ['an empty plan', '1..0 # skip all\n', { passed: 0, failed: 0, skipped: 0, todo: 0, total: 0 }],
    [
      'two streams',
      'TAP version 13\nok 1\n1..1\nTAP version 13\nnot ok 1\n1..1\n',
      { passed: 1, failed: 1, skipped: 0, todo: 0, total: 2 },
    ],
  ])('reads %s', (_what, text, expected) => {
    expect(all(TAP_FIELDS, (field) => readTap(text, field))).toEqual(expected);
  });
  test.each([
    ['a cut-off stream', 'ok 1\nok 2\n', 'there is no plan: it was cut off'],
    ['no TAP', 'hello\n', 'there is no TAP in it'],
    ['a bail-out', '1..2\nok 1\nBail out! no database\n', 'the tests bailed out: no database'],
    ['two plans', '1..1\n1..2\n', 'there are two plans'],
  ])('refuses %s', (_what, text, error) => {
    expect(readTap(text, 'passed')).toEqual({ ok: false, error });
  });
  test('never throws, and its counts add up', () => {
    const line = fc.constantFrom(
      'ok',
      'not ok',
      'ok 1 # skip',
      'not ok # todo',
      '1..3',
      '1..999999999',
      'TAP version 14',
      '  ok',
      '# x',
      '',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        const text = lines.join('\n');
        const counts = all(TAP_FIELDS, (field) => readTap(text, field)) as Record<string, unknown>;
        if (typeof counts['total'] !== 'number') return;
        const parts = ['passed', 'failed', 'skipped', 'todo'].map((name) => Number(counts[name]));
        expect(parts.reduce((sum, part) => sum + part)).toBeGreaterThanOrEqual(counts['total']);
      }),
    );
  });
});
