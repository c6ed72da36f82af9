import type { MetricSource } from '../../core/plan/model.ts';
import { assertNever } from '../../kit/assert.ts';
import { readJson } from './json.ts';
import { readJunit } from './junit.ts';
import { readLcov } from './lcov.ts';
import type { Reading } from './reading.ts';
import { readTap } from './tap.ts';

/**
 * Values of one metric in the text of its file, or of the gate's output. A `regex` source is not read here: run its
 * pattern through `RegexPort` and give the matches to `valuesOfMatches`.
 */
export function readMetricValues(source: Exclude<MetricSource, { kind: 'regex' }>, text: string): Reading {
  if (source.kind === 'json') return readJson(text, source.path);
  switch (source.format) {
    case 'junit':
      return readJunit(text, source.field);
    case 'tap':
      return readTap(text, source.field);
    case 'lcov':
      return readLcov(text, source.field);
    default:
      return assertNever(source.format);
  }
}
