/** Reading the streams of agent clients: MB/s over realistic events (goal >= 50), and over one line of 100 MB. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { callsArePartial, type StreamFormat } from '../src/core/agents/formats.ts';
import { StreamFold } from '../src/core/agents/stream-facts.ts';
import { openAgentStream } from '../src/formats/agent-streams/open-stream.ts';
import { metric, publish, timeRuns } from './lib/measure.ts';

const RUNS = 9;
const SIZE_MB = 16;
const CHUNK = 64 * 1_024;
const folder = path.join(process.env['COPSE_BENCH_ROOT'] ?? process.cwd(), 'test/recordings');

const MEGABYTES = { goal: { min: 50 }, note: 'MB' };
const results: Record<string, ReturnType<typeof metric>> = {};
for (const format of ['claude', 'codex', 'gemini', 'opencode', 'qwen', 'copilot'] as const) {
  const once = readFileSync(path.join(folder, `${format}.jsonl`), 'utf8');
  const text = once.repeat(Math.ceil((SIZE_MB * 1e6) / once.length));
  const times = await timeRuns(RUNS, () => readAll(format, text));
  results[`${format}_mb_per_s`] = metric(
    times.map((ms) => text.length / 1e3 / ms),
    'per_second',
    MEGABYTES,
  );
}
const long = 'x'.repeat(100_000_000);
const times = await timeRuns(RUNS, () => readAll('claude', long));
results['long_line_mb_per_s'] = metric(
  times.map((ms) => long.length / 1e3 / ms),
  'per_second',
  MEGABYTES,
);
publish(results);

function readAll(format: StreamFormat, text: string): void {
  const stream = openAgentStream(format);
  const fold = new StreamFold({ callsArePartial: callsArePartial(format) });
  for (let at = 0; at < text.length; at += CHUNK) {
    for (const event of stream.push(text.slice(at, at + CHUNK))) fold.add(event);
  }
  for (const event of stream.end()) fold.add(event);
  fold.facts();
}
