/** Runs `copse merge` on a materialised workload, killed at random when asked, and resumed until it has ended. */
import { spawn } from 'node:child_process';
import { prng } from '../../../src/core/mergequeue/prng.ts';
import type { Workload } from '../workload.ts';
import { branchOf, materialize, TARGET } from './materialize.ts';

/** An undisturbed merge of the largest workload with one slot and one-second gates stays far below it. */
const LIMIT_MS = 600_000;
/** Said once the run is in the log, by a merge and by one that is resumed. */
const BEGUN = ' run-';
/** `copse merge` exits so when everything was decided: done, some work refused, some conflicted. */
const DECIDED = [0, 5, 7];

export interface LandingPlace {
  readonly root: string;
  readonly repository: string;
  readonly log: string;
  readonly env: Record<string, string>;
}

export interface LandingOptions {
  /** Real seconds per second of the workload. */
  readonly scale: number;
  readonly kills: number;
  readonly seed: number;
}

export async function land(
  workload: Workload,
  program: string,
  at: LandingPlace,
  options: LandingOptions,
): Promise<{ readonly kills: number; readonly faults: readonly string[] }> {
  const branches = workload.changes.map((change) => branchOf(change.id));
  materialize(workload, at.repository, at.env, new Set(workload.changes.map((change) => change.id)));
  const gate = gateCommand(at.log, options.scale, TARGET);
  const merge = ['merge', ...branches, '--into', TARGET, '--gate', gate, '--slots', String(workload.slots)];
  const start = (args: readonly string[], kill: Kill) => runProgram([program, ...args, '-v'], at, kill);
  const dice = prng(options.seed);
  const faults: string[] = [];
  let kills = 0;
  let args = merge;
  for (let tries = 0; tries <= options.kills; tries += 1) {
    const isLast = tries === options.kills;
    const ended = await start(
      args,
      isLast ? { ms: LIMIT_MS, from: '' } : { ms: dice.below(4_000), from: BEGUN },
    );
    if (ended.signal === 'SIGKILL' && !isLast) {
      kills += 1;
      args = ['resume', '--takeover'];
      continue;
    }
    // The kill came after the end was recorded.
    if (kills > 0 && ended.code === 2 && ended.errors.includes('has finished')) break;
    if (ended.code === null || !DECIDED.includes(ended.code))
      faults.push(`ended with ${ended.code ?? ended.signal}: ${ended.errors.slice(-400)}`);
    break;
  }
  return { kills, faults };
}

/** `scale`: real seconds per second of the workload; `target`: the branch whose changes count as landed. */
export function gateCommand(log: string, scale: number, target: string): string {
  return `BENCH_LOG='${log}' BENCH_SCALE=${scale} BENCH_TARGET=${target} node gate.mjs`;
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
}

interface Kill {
  readonly ms: number;
  /** Counted from when the program has said this. */
  readonly from: string;
}

function runProgram(args: readonly string[], at: LandingPlace, { ms, from }: Kill): Promise<Ended> {
  const env = { ...at.env, COPSE_STATE_DIR: `${at.root}/state` };
  const child = spawn(process.execPath, args, { cwd: at.repository, env, detached: true });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself in the same moment.
    }
  };
  let timer: NodeJS.Timeout | null = null;
  const arm = (): void => {
    if (timer === null && errors.includes(from)) timer = setTimeout(kill, ms);
  };
  child.stderr.on('data', arm);
  arm();
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      if (timer !== null) clearTimeout(timer);
      resolve({ code, signal, output, errors });
    });
  });
}
