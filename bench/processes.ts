/**
 * Cost of a supervised process: medians as one JSON object on stdout. Run from the repository's root:
 * `npx esbuild bench/processes.ts --bundle --platform=node --format=esm --external:esbuild --outfile=bench/.out.mjs && node bench/.out.mjs`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openProcesses } from '../src/adapters/processes/open-processes.ts';
import { Redactor } from '../src/kit/redact.ts';
import type { AbsolutePath } from '../src/core/ids.ts';
import type { ProcessSpec } from '../src/ports/processes.ts';
import { bundleProgram } from '../test/support/supervisor-bundle.ts';

const ROUNDS = 31;
const ADOPTED = 100;

const supervisorEntry = await bundleProgram(resolve('src/adapters/processes/supervisor/main.ts'));
const folder = mkdtempSync(join(tmpdir(), 'copse-bench-'));
const open = () => openProcesses({ failpoint: async () => undefined, supervisorEntry });
const port = open();
const result: Record<string, number> = {};

try {
  await measureStarts();
  await measureAdoption();
  measureRedaction();
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  port.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measureStarts(): Promise<void> {
  const plain: number[] = [];
  const warm: number[] = [];
  const cold: number[] = [];
  const noticed: number[] = [];
  const adoptedNoticed: number[] = [];
  const coldPort = openProcesses({ failpoint: async () => undefined, supervisorEntry, spares: 0 });
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(await timed(async () => once(spawn('/bin/true', { stdio: 'ignore' }), 'exit')));
    port.warm();
    await quiet();
    const spec = makeSpec(`warm-${round}`, ['/bin/sleep', '0.1']);
    warm.push(await timed(async () => port.start(spec)));
    const next = open();
    const seen = next.waitForExit(spec.runDir).then(() => Date.now());
    await port.waitForExit(spec.runDir);
    // The exit record's own time: what follows it is the time to notice.
    const recordedAt = statSync(join(spec.runDir, 'exit')).mtimeMs;
    noticed.push(Date.now() - recordedAt);
    adoptedNoticed.push((await seen) - recordedAt);
    cold.push(await timed(async () => coldPort.start(makeSpec(`cold-${round}`, ['/bin/true']))));
  }
  result['start_to_running_ms'] = median(warm);
  result['start_without_spare_ms'] = median(cold);
  result['plain_true_ms'] = median(plain);
  result['exit_record_to_noticed_ms'] = median(noticed);
  result['exit_record_to_noticed_by_adopter_ms'] = median(adoptedNoticed);
}

async function measureAdoption(): Promise<void> {
  const specs = Array.from({ length: ADOPTED }, (_, index) =>
    makeSpec(`many-${index}`, ['/bin/sleep', '1000']),
  );
  const startedAt = performance.now();
  for (const spec of specs) await port.start(spec);
  result['start_100_in_turn_ms'] = round(performance.now() - startedAt);
  const scans: number[] = [];
  for (let turn = 0; turn < 9; turn += 1) {
    const next = open();
    scans.push(await timed(async () => Promise.all(specs.map(async (spec) => next.look(spec.runDir)))));
  }
  result['adopt_100_ms'] = median(scans);
  const stoppedAt = performance.now();
  await Promise.all(
    specs.map(async (spec) => port.stop(spec.runDir, { interruptMs: 500, terminateMs: 500 })),
  );
  result['stop_100_ms'] = round(performance.now() - stoppedAt);
}

function measureRedaction(): void {
  const line =
    '{"type":"assistant","message":{"content":[{"type":"text","text":"I will edit src/a.ts and run it."}]}}\n';
  const chunk = Buffer.from(line.repeat(640)).subarray(0, 65_536);
  const redactor = new Redactor(['one-secret-value', 'another-secret-value']);
  const startedAt = performance.now();
  let bytes = 0;
  for (; bytes < 200_000_000; bytes += chunk.length) redactor.push(chunk);
  result['redaction_mb_per_s'] = round(bytes / 1_000 / (performance.now() - startedAt));
}

function makeSpec(name: string, argv: ProcessSpec['argv']): ProcessSpec {
  const cwd = join(folder, `cwd-${name}`);
  mkdirSync(cwd);
  return {
    runDir: join(folder, `run-${name}`) as AbsolutePath,
    argv,
    cwd: cwd as AbsolutePath,
    env: { PATH: '/usr/bin:/bin' },
    stdin: null,
    activityDir: null,
    timeoutMs: null,
    stallMs: null,
    logCap: { headBytes: 1 << 20, tailBytes: 1 << 20 },
    secrets: [],
    marker: `bench-${process.pid}-${name}`,
    limits: { cpus: null, memoryBytes: null },
    niceness: 0,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Lets a spare finish its own start, which is not what is measured. */
async function quiet(): Promise<void> {
  await new Promise((done) => setTimeout(done, 200));
}

function median(values: readonly number[]): number {
  return round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
