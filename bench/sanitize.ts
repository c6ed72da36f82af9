/** Megabytes of UTF-8 per second through the terminal escaper: `node bench/sanitize.ts` (Node >= 22.18 runs it as it is). */
import { sanitizeText } from '../src/formats/text/sanitize.ts';

const ROUNDS = 5;
const samples = {
  plain_log: 'plain text of a log line, nothing odd in it at all 12345\n'.repeat(100_000),
  coloured_log: '\u001b[32m✓\u001b[0m src/a/b.test.ts (12 tests) 123ms — ok\n'.repeat(100_000),
  every_third_unsafe: '\u001b]0;x\u0007\u202e\ud800'.repeat(400_000),
  wide_and_emoji: '日本語テキスト\u{1f333}é\n'.repeat(300_000),
};

function megabytesPerSecond(text: string): number {
  const megabytes = new TextEncoder().encode(text).length / 1e6;
  const rates = Array.from({ length: ROUNDS }, () => {
    const before = performance.now();
    sanitizeText(text, 'block');
    return (megabytes * 1_000) / (performance.now() - before);
  });
  return Math.round(rates.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN);
}

const report = Object.fromEntries(
  Object.entries(samples).map(([name, text]) => [name, megabytesPerSecond(text)]),
);
process.stdout.write(
  `${JSON.stringify({ node: process.version, rounds: ROUNDS, mb_per_second: report }, null, 2)}\n`,
);
