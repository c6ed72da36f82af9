import { expect, test } from 'vitest';
import { readMetricValues } from './read.ts';

test.each([
  [{ kind: 'json', path: '$.n', file: null }, '{"n":1}', 1],
  [{ kind: 'report', format: 'junit', field: 'tests', file: null }, '<testsuite><testcase/></testsuite>', 1],
  [{ kind: 'report', format: 'tap', field: 'passed', file: null }, '1..1\nok', 1],
  [{ kind: 'report', format: 'lcov', field: 'lines', file: null }, 'SF:a\nDA:1,1\nend_of_record', 100],
] as const)('reads a metric of source %j', (source, text, value) => {
  expect(readMetricValues(source, text)).toEqual({ ok: true, value: [value] });
});
