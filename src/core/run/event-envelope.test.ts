import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../kit/canonical-json.ts';
import { envelopeText, MAX_EVENT_BYTES, prepareEvent } from './event-envelope.ts';

test('spells an event as the canonical JSON of all its fields', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.option(fc.constantFrom('run-1', 'é')), (data, seq, run) => {
      const place = { seq, epoch: 3, atMs: 1_700_000_000_000 };
      const text = envelopeText(prepareEvent({ kind: 'task.started', run, version: 2, data }), place);
      const { atMs, ...rest } = place;
      expect(text).toBe(canonicalJson({ ...rest, at_ms: atMs, kind: 'task.started', run, version: 2, data }));
    }),
  );
});

test.each([
  ['ascii', 'x', 1],
  ['two bytes', 'é', 2],
  ['three bytes', '€', 3],
  ['four bytes', '\u{1f333}', 4],
  ['an escaped lone surrogate', '\ud800', 6],
])('counts %s in bytes as UTF-8', (_what, text, bytes) => {
  const count = Math.floor((MAX_EVENT_BYTES - 2) / bytes);
  expect(prepareEvent({ kind: 'k', run: null, data: text.repeat(count) }).kind).toBe('k');
  expect(() => prepareEvent({ kind: 'k', run: null, data: text.repeat(count + 1) })).toThrow(/the limit is/);
});

test.each([0, -1, 1.5, Number.NaN])('refuses version %d', (version) => {
  expect(() => prepareEvent({ kind: 'k', run: null, version, data: null })).toThrow(/version of k/);
});
