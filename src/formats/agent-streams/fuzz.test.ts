import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STREAM_FORMATS, type StreamFormat } from '../../core/agents/formats.ts';
import { StreamFold } from '../../core/agents/stream-facts.ts';
import { totalTokens } from '../../core/agents/events.ts';
import { eventsOf, factsOf, recording } from '../../../test/support/recordings.ts';
import { KEPT_OF_LONG_LINE, LineCutter, MAX_LINE_CHARS } from './lines.ts';
import { openAgentStream } from './open-stream.ts';

const NAMES = [
  'claude',
  'claude.limited',
  'codex',
  'codex.mcp',
  'gemini',
  'opencode',
  'qwen',
  'copilot',
  'cline',
];
const TEXTS = [...NAMES.map((name) => recording(name)), recording('aider.txt')];

/** A recording with bytes overwritten, lines dropped, repeated and torn. */
const mutated = fc
  .record({
    text: fc.constantFrom(...TEXTS),
    cuts: fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 12 })), {
      maxLength: 12,
    }),
    order: fc.array(fc.nat(), { maxLength: 6 }),
  })
  .map(({ text, cuts, order }) => {
    let result = text;
    for (const [at, length, put] of cuts) {
      const from = at % (result.length + 1);
      result = result.slice(0, from) + put + result.slice(from + length);
    }
    const lines = result.split('\n');
    for (const index of order) lines.push(lines[index % lines.length] ?? '');
    return lines.join('\n');
  });

const anyJson = fc
  .json({ maxDepth: 4 })
  .map((json) => `{"type":"result","usage":${json},"item":${json},"part":${json}}`);

test('no mutation of a recording makes a reader throw or count what is no number', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STREAM_FORMATS),
      fc.oneof(mutated, anyJson, fc.string({ unit: 'binary' })),
      (format, text) => {
        const facts = factsOf(format, text);
        for (const tokens of [facts.tokens, facts.threadTokens]) {
          if (tokens !== null) expect(totalTokens(tokens)).toBeGreaterThanOrEqual(0);
        }
        expect(facts.usd === null || facts.usd >= 0).toBe(true);
        expect(facts.lastText.length).toBeLessThanOrEqual(600);
      },
    ),
    { numRuns: 400 },
  );
});

test('how the output is cut into pieces changes nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<StreamFormat>('claude', 'codex', 'gemini', 'opencode', 'aider'),
      mutated,
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
      (format, text, sizes) => {
        const stream = openAgentStream(format);
        const events = [];
        for (let at = 0, index = 0; at < text.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1;
          events.push(...stream.push(text.slice(at, at + size)));
          at += size;
        }
        events.push(...stream.end());
        expect(events).toEqual(eventsOf(format, text));
      },
    ),
    { numRuns: 60 },
  );
});

test('invalid UTF-8 decoded leniently is kept as a line', () => {
  const text = new TextDecoder().decode(Uint8Array.of(0xff, 0xfe, 0x7b, 0x22, 0xc3, 0x0a));
  expect(eventsOf('codex', text)).toHaveLength(1);
});

test('deeply nested records are read or kept, never a crash', () => {
  const deep = `{"type":"assistant","message":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  expect(() => eventsOf('claude', deep)).not.toThrow();
});

test('of a line of 100 MB only the head is held, and the next line is read', () => {
  const cutter = new LineCutter();
  const piece = 'x'.repeat(1_024 * 1_024);
  let held = 0;
  for (let count = 0; count < 100; count += 1) held += cutter.push(piece).length;
  expect(held).toBe(0);
  const lines = cutter.push('\nnext\n');
  expect(lines.map((line) => [line.text.length, line.isCut])).toEqual([
    [KEPT_OF_LONG_LINE, true],
    [4, false],
  ]);
  expect(MAX_LINE_CHARS).toBeLessThan(100 * 1_024 * 1_024);
});

test('memory of the fold does not grow with the number of calls', () => {
  const fold = new StreamFold({ callsArePartial: false });
  const tokens = { input: 1, cacheRead: 0, cacheWrite: 0, output: 1 };
  for (let call = 0; call < 5_000; call += 1) {
    fold.add({ kind: 'usage', basis: 'call', key: `c${call}`, tokens, usd: 0.25, usdBasis: 'call' });
  }
  expect(fold.facts()).toMatchObject({ tokens: { input: 5_000, output: 5_000 }, usd: 1_250 });
});
