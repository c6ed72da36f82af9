/**
 * Lands real workloads with the built program and judges the result: `node bench/queue/real.mjs [--workload FILE]…
 * [--runs N] [--seed N] [--gate SECONDS] [--kills N] [--json]`. Without files it makes workloads of its own, each another
 * mixture of size, slots, broken changes, conflicts, leaks, textual conflicts and uneven gates. Exit 1 on any fault.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bayesPlanner } from '../../../src/core/mergequeue/index.ts';
import { simulate } from '../simulate.ts';
import { parseWorkload, type Workload } from '../workload.ts';
import { drawWorkload } from './draw.ts';
import { floorOf } from './floor.ts';
import { judge, type Verdict } from './judge.ts';
import { land } from './land.ts';
import { gitEnvironment } from './materialize.ts';

/** Seeds over which the simulator's makespan is averaged: a single one depends on luck. */
const SIMULATED = 12;

interface Row extends Verdict {
  readonly workload: string;
  readonly n: number;
  readonly k: number;
  readonly simulated: number;
  readonly ratio: number;
  /** The ratio that the machine would leave a queue that costs nothing, and `ratio` over it. */
  readonly floor: number;
  readonly overFloor: number;
  readonly kills: number;
  readonly faults: readonly string[];
}

/** Prints one line per workload and the geometric mean of makespan against the simulator's; 1 when anything is at fault. */
export async function main(args: readonly string[], program: string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workload: { type: 'string', multiple: true },
      runs: { type: 'string', default: '6' },
      seed: { type: 'string', default: '1' },
      gate: { type: 'string', default: '1' },
      kills: { type: 'string', default: '0' },
      most: { type: 'string', default: '60' },
      json: { type: 'boolean' },
      keep: { type: 'boolean' },
    },
  });
  const files = values.workload ?? [];
  const workloads =
    files.length > 0
      ? files.map((file) => parseWorkload(readFileSync(file, 'utf8')))
      : Array.from({ length: Number(values.runs) }, (_, index) =>
          drawWorkload(Number(values.seed) + index, Number(values.most)),
        );
  const rows: Row[] = [];
  for (const [index, workload] of workloads.entries()) {
    const row = await one(workload, program, {
      gateSeconds: Number(values.gate),
      kills: Number(values.kills),
      seed: Number(values.seed) + index,
      keep: values.keep === true,
    });
    rows.push(row);
    if (values.json !== true) process.stdout.write(`${line(row)}\n`);
  }
  const timed = rows.filter((row) => row.simulated > 0 && row.gateRuns > 0);
  const mean = geometricMean(timed.map((row) => row.ratio));
  const overFloor = geometricMean(timed.map((row) => row.overFloor));
  const faults = rows.flatMap((row) => row.faults.map((fault) => `${row.workload}: ${fault}`));
  const summary = {
    schema: 'copse.bench-queue-real/1',
    runs: rows.length,
    makespan_ratio: mean,
    over_floor: overFloor,
    faults,
  };
  const text =
    values.json === true
      ? JSON.stringify({ ...summary, rows }, null, 1)
      : `${rows.length} merges, ${faults.length} faults, makespan / simulator ${mean.toFixed(3)}, over what the gates alone take here ${overFloor.toFixed(3)} (geometric means)`;
  process.stdout.write(`${[text, ...(values.json === true ? [] : faults)].join('\n')}\n`);
  return faults.length > 0 ? 1 : 0;
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

interface Options {
  readonly gateSeconds: number;
  readonly kills: number;
  readonly seed: number;
  readonly keep: boolean;
}

async function one(workload: Workload, program: string, options: Options): Promise<Row> {
  const root = mkdtempSync(join(tmpdir(), 'copse-real-'));
  const env = gitEnvironment(root);
  const scale = options.gateSeconds / meanGate(workload);
  const at = { root, repository: join(root, 'repo'), log: join(root, 'gates.log'), env };
  try {
    const landing = await land(workload, program, at, {
      scale,
      kills: options.kills,
      seed: options.seed,
    });
    const verdict = judge(workload, at, scale);
    const simulated = simulatedMakespan(workload);
    const faults = [...faultsOf(verdict, workload.slots, options.kills > 0), ...landing.faults];
    const ratio = verdict.makespan / simulated;
    const floor = await floorOf(workload, at, scale);
    const measured = { simulated, ratio, floor, overFloor: ratio / floor };
    const { name, slots } = workload;
    const n = workload.changes.length;
    return { workload: name, n, k: slots, ...measured, kills: landing.kills, faults, ...verdict };
  } finally {
    if (options.keep) process.stderr.write(`kept: ${root}\n`);
    else rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function meanGate(workload: Workload): number {
  const { changes } = workload;
  return changes.reduce((sum, change) => sum + change.gateSeconds, 0) / changes.length;
}

/** With what `copse merge` can know: no gate times, no predictions. */
function simulatedMakespan(workload: Workload): number {
  const blind = bayesPlanner;
  const spans = Array.from({ length: SIMULATED }, (_, index) =>
    simulate(
      workload,
      (snapshot, seed) =>
        blind(
          { ...snapshot, pending: snapshot.pending.map((change) => ({ ...change, gateMs: null })) },
          seed,
        ),
      { seed: 77 + index },
    ),
  );
  return spans.reduce((sum, result) => sum + result.makespan, 0) / SIMULATED;
}

function faultsOf(verdict: Verdict, slots: number, wasKilled: boolean): readonly string[] {
  const faults: string[] = [];
  if (verdict.redStates > 0) faults.push(`${verdict.redStates} red states`);
  if (verdict.untestedTips > 0) faults.push(`${verdict.untestedTips} untested tips`);
  if (verdict.missed.length > 0) faults.push(`good changes left out: ${verdict.missed.join(', ')}`);
  if (verdict.twice.length > 0) faults.push(`landed twice: ${verdict.twice.join(', ')}`);
  if (verdict.peakGates > slots && !wasKilled) faults.push(`${verdict.peakGates} gates at once`);
  return faults;
}

function line(row: Row): string {
  const parts = [
    row.workload.padEnd(34),
    `n=${row.n} k=${row.k}`.padEnd(10),
    `landed ${row.landed}`.padEnd(10),
    `runs ${row.gateRuns}+${row.cancelledRuns}`.padEnd(11),
    `peak ${row.peakGates}`,
    `makespan ${row.makespan.toFixed(0)} sim ${row.simulated.toFixed(0)} ratio ${row.ratio.toFixed(2)} (gates alone ${row.floor.toFixed(2)})`,
    ...(row.kills > 0 ? [`kills ${row.kills}`] : []),
    row.faults.length === 0 ? 'ok' : `FAULT ${row.faults.join('; ')}`,
  ];
  return parts.join('  ');
}
