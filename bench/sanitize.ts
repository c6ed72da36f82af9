/** Bytes of UTF-8 per second through the terminal escaper. */
import { sanitizeText } from '../src/formats/text/sanitize.ts';
import { metric, publish } from './lib/measure.ts';

const ROUNDS = 5;
const samples = {
  plain_log: 'plain text of a log line, nothing odd in it at all 12345\n'.repeat(100_000),
  coloured_log: '\u001b[32m✓\u001b[0m src/a/b.test.ts (12 tests) 123ms — ok\n'.repeat(100_000),
  every_third_unsafe: '\u001b]0;x\u0007\u202e\ud800'.repeat(400_000),
  wide_and_emoji: '日本語テキスト\u{1f333}é\n'.repeat(300_000),
};

function bytesPerSecond(text: string): number[] {
  const bytes = new TextEncoder().encode(text).length;
  return Array.from({ length: ROUNDS }, () => {
    const before = performance.now();
    sanitizeText(text, 'block');
    return (bytes * 1_000) / (performance.now() - before);
  });
}

publish(
  Object.fromEntries(
    Object.entries(samples).map(([name, text]) => [
      name,
      metric(bytesPerSecond(text), 'per_second', { note: 'bytes' }),
    ]),
  ),
);
