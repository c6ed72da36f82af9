/** One gate on one tree: checkout, command, readings, judgement, and again while it is red and retries are left. */
import type { AbsolutePath, CommitId, TreeId } from '../../core/ids.ts';
import type { GateResult } from '../../core/gates/model.ts';
import { foldTries, judgeGate, shouldRetry } from '../../core/gates/verdict.ts';
import type { GateReadings, Judgement, MetricReading } from '../../core/gates/verdict.ts';
import type { GateSpec } from '../../core/plan/model.ts';
import { Failure } from '../../kit/failure.ts';
import type { ProcessExit } from '../../ports/processes.ts';
import type { ActContext } from '../deps.ts';
import { gateFolder, markerOf, under } from '../paths.ts';
import { commandEnvironment } from './environment.ts';
import type { Baselines, GateDigests } from './gate-digests.ts';
import { prepareSlot } from './prepare-slot.ts';
import { logTail, runCommand } from './run-command.ts';

/** Output that metrics are read from. */
const MAX_OUTPUT_BYTES = 16_000_000;

export interface GateRun {
  readonly gate: GateSpec;
  readonly slot: string;
  readonly commit: CommitId;
  readonly tree: TreeId;
  readonly digests: GateDigests;
  readonly baselines: Baselines;
  /** Names its folder under the run. */
  readonly label: string;
}

/** null when cancelled. */
export async function runGate(run: GateRun, context: ActContext): Promise<GateResult | null> {
  const startedAtMs = context.deps.clock.now();
  const tries: Judgement[] = [];
  let last: TryResult | null = null;
  for (let number = 1; number === 1 || shouldRetry(run.gate, tries); number += 1) {
    const folder = gateFolder(context.state.id, context.intent, run.label, number);
    last = await oneTry(run, folder, context);
    if (last === null) return null;
    tries.push(judgeGate(run.gate, last.readings));
  }
  const [first, ...rest] = tries;
  if (first === undefined || last === null) return null;
  const judged = foldTries([first, ...rest]);
  return {
    gate: run.gate.name,
    tree: run.tree,
    gateDigest: run.digests.gate,
    environmentDigest: run.digests.environment,
    verdict: judged.verdict,
    reason: judged.reason,
    exit: last.readings.exit,
    metrics: judged.metrics,
    flaky: judged.flaky,
    durationMs: context.deps.clock.now() - startedAtMs,
    logPath: last.folder,
  };
}

interface TryResult {
  readonly readings: GateReadings;
  readonly folder: string | null;
}

async function oneTry(run: GateRun, folder: string, context: ActContext): Promise<TryResult | null> {
  let checkout: AbsolutePath | null;
  try {
    checkout = await prepareSlot(run.slot, run.commit, context);
  } catch (error) {
    if (error instanceof Failure) return { readings: couldNotRun(error.message), folder: null };
    throw error;
  }
  if (checkout === null) return null;
  const runDir = under(context.deps.paths.state, folder);
  const exit = await runInSlot(run, checkout, runDir, context);
  if (exit === null) return null;
  if (exit.cause === 'spawn-failed' || exit.cause === 'supervisor-lost') {
    return { readings: couldNotRun(exit.detail ?? exit.cause), folder };
  }
  const changedPaths = await context.deps.git.slotChanges(run.slot, run.commit);
  const metrics = await readMetrics(run, checkout, runDir, context);
  const { code, signal } = exit;
  const timedOut = exit.cause === 'timeout';
  return { readings: { couldNotRun: null, exit: { code, signal }, timedOut, changedPaths, metrics }, folder };
}

function couldNotRun(why: string): GateReadings {
  return {
    couldNotRun: why,
    exit: { code: null, signal: null },
    timedOut: false,
    changedPaths: [],
    metrics: [],
  };
}

async function runInSlot(
  run: GateRun,
  checkout: AbsolutePath,
  runDir: AbsolutePath,
  context: ActContext,
): Promise<ProcessExit | null> {
  const { deps, state } = context;
  const { gate } = run;
  const own = {
    COPSE_GATE: gate.name,
    COPSE_TREE: run.tree,
    COPSE_COMMIT: run.commit,
    COPSE_TARGET: state.target,
  };
  const env = commandEnvironment(
    deps,
    state.plan,
    { ...gate.env, ...own },
    { workspace: checkout, ports: {} },
  );
  const cwd = gate.cwd === null ? checkout : under(checkout, gate.cwd);
  const marker = markerOf(state.id, `${context.intent}-${run.label}`);
  await deps.failpoint('before:gate.start');
  const exit = await runCommand(
    { shell: gate.run, runDir, cwd, env, timeoutMs: gate.timeoutMs, marker },
    context,
  );
  await deps.failpoint('after:gate.start');
  return exit;
}

function readMetrics(
  run: GateRun,
  checkout: AbsolutePath,
  runDir: AbsolutePath,
  context: ActContext,
): Promise<readonly MetricReading[]> {
  const { gate } = run;
  if (gate.metrics.length === 0) return Promise.resolve([]);
  return logTail(context, runDir, MAX_OUTPUT_BYTES).then((output) =>
    Promise.all(
      gate.metrics.map(async (metric) => {
        const read = await context.deps.metrics(metric.source, { output, checkout });
        return {
          name: metric.name,
          values: read.kind === 'values' ? read.values : [],
          problem: read.kind === 'values' ? null : read.why,
          baseline: run.baselines[metric.name] ?? null,
        };
      }),
    ),
  );
}
