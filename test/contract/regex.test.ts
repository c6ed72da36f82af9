import { describe, expect, test } from 'vitest';
import { createInlineRegex } from '../../src/adapters/regex/inline-regex.ts';
import { createWorkerRegex } from '../../src/adapters/regex/worker-regex.ts';

const GENEROUS_MS = 30_000;

describe.each([
  ['inline', createInlineRegex],
  ['worker', createWorkerRegex],
])('%s patterns', (_name, create) => {
  test.each<[string, string, readonly (string | null)[]]>([
    [String.raw`(\d+) passed`, '3 passed\n14 passed, 2 failed', ['3', '14']],
    ['warning:', 'warning: a\nwarning: b', [null, null]],
    ['^(?:a=(\\d)|b=(\\d))$', 'a=1\nb=2\n', ['1', '2']],
    ['(x)?y', 'y xy', [null, 'x']],
    ['(?i)(ERR)OR', 'Error', ['Err']],
    ['(?s)a(.)b', 'a\nb', ['\n']],
    ['', 'x', []],
    ['nothing', '', []],
    ['(a{300})', 'a'.repeat(300), ['a'.repeat(256)]],
    ['()', 'ab', ['', '', '']],
  ])('finds %j', async (pattern, text, matches) => {
    const outcome = await create().matchAll(pattern, text, GENEROUS_MS);
    expect(outcome).toEqual(
      pattern === '' ? { kind: 'invalid', detail: 'the pattern is empty' } : { kind: 'matched', matches },
    );
  });

  test.each(['(', '[z-a]', '(?<n>a)(?<n>b)', 'a{2,1}', '*', 'x'.repeat(3_000)])(
    'refuses %j',
    async (pattern) => {
      expect(await create().matchAll(pattern, 'text', GENEROUS_MS)).toMatchObject({ kind: 'invalid' });
    },
  );

  test('gives up on more matches than anyone reads', async () => {
    expect(await create().matchAll('x', 'x'.repeat(100_001), GENEROUS_MS)).toEqual({ kind: 'too-many' });
  });
});

test.each(['^(a+)+$', '(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
  'ends %s at its limit while this process stays responsive',
  async (pattern) => {
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 5);
    const outcome = await createWorkerRegex().matchAll(pattern, `${'a'.repeat(60)}!`, 200);
    clearInterval(ticking);
    expect(outcome).toEqual({ kind: 'timed-out' });
    expect(turns).toBeGreaterThan(2);
  },
);

test('survives a pattern that exhausts the matcher', async () => {
  const outcome = await createWorkerRegex().matchAll('(?:(a)|b|ab)*c', 'ab'.repeat(4_000_000), 5_000);
  expect(['invalid', 'timed-out', 'matched']).toContain(outcome.kind);
  expect(await createWorkerRegex().matchAll('b', 'b', GENEROUS_MS)).toEqual({
    kind: 'matched',
    matches: [null],
  });
});
