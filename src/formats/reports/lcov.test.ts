import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LCOV_FIELDS, readLcov } from './lcov.ts';
import type { Reading } from './reading.ts';

function all<F extends string>(fields: readonly F[], read: (field: F) => Reading): unknown {
  return Object.fromEntries(
    fields.map((field) => {
      const reading = read(field);
      return [field, reading.ok ? reading.value[0] : reading.error];
    }),
  );
}

function record(path: string, ...lines: string[]): string {
  return [`SF:${path}`, ...lines, 'end_of_record', ''].join('\n');
}

describe('lcov', () => {
  test.each<[string, string, unknown]>([
    [
      'details',
      record(
        'a',
        'DA:1,5',
        'DA:2,0',
        'FN:1,f',
        'FN:2,g',
        'FNDA:3,f',
        'FNDA:0,g',
        'BRDA:1,0,0,1',
        'BRDA:1,0,1,-',
      ),
      { lines: 50, functions: 50, branches: 50 },
    ],
    [
      'summaries only',
      record('a', 'LF:10', 'LH:9', 'FNF:2', 'FNH:1', 'BRF:4', 'BRH:1'),
      { lines: 90, functions: 50, branches: 25 },
    ],
    [
      'one file in two tests',
      record('a', 'DA:1,1', 'DA:2,0', 'LF:2', 'LH:1') + record('a', 'DA:1,0', 'DA:2,1', 'LF:2', 'LH:1'),
      { lines: 100, functions: 100, branches: 100 },
    ],
    [
      'several files by their size',
      record('a', 'DA:1,1') + record('b', 'DA:1,0', 'DA:2,0', 'DA:3,0'),
      { lines: 25, functions: 100, branches: 100 },
    ],
    [
      'functions with commas and end lines',
      record('a', 'DA:1,1', 'FN:1,9,f(a, b)', 'FNDA:2,f(a, b)', 'FN:3,g'),
      { lines: 100, functions: 50, branches: 100 },
    ],
    ['more hit than found', record('a', 'LF:2', 'LH:9'), { lines: 100, functions: 100, branches: 100 }],
    [
      'carriage returns and noise',
      `TN:\r\nSF:a\r\nDA:1,1\r\nnoise\r\nend_of_record\r\n`,
      { lines: 100, functions: 100, branches: 100 },
    ],
    ['no lines', record('a'), { lines: 'no line was measured', functions: 100, branches: 100 }],
  ])('reads %s', (_what, text, expected) => {
    expect(all(LCOV_FIELDS, (field) => readLcov(text, field))).toEqual(expected);
  });
  test.each([
    ['', 'there is no LCOV record in it'],
    ['DA:1,1\nend_of_record', 'there is no LCOV record in it'],
    ['SF:a\nDA:1,1\n', 'the report is cut off inside a record'],
  ])('refuses %j', (text, error) => {
    expect(readLcov(text, 'lines')).toEqual({ ok: false, error });
  });
  test('always gives a percentage or a reason', () => {
    const name = fc.constantFrom(
      'SF:a',
      'SF:__proto__',
      'end_of_record',
      'DA:1,1',
      'DA:1',
      'DA:,',
      'FN:1,f',
      'FNDA:x,f',
      'FNA:0,1,f',
      'BRDA:1,0,0,-',
      'LF:99999999999999999',
      'LH:3',
      'BRF:-1',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.string())), (lines) => {
        for (const field of LCOV_FIELDS) {
          const reading = readLcov(lines.join('\n'), field);
          if (!reading.ok) continue;
          expect(reading.value[0]).toBeGreaterThanOrEqual(0);
          expect(reading.value[0]).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});
