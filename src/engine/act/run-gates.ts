/**
 * Runs the gates of a subject in a clean checkout of its exact tree. Results are keyed by (tree, gate, environment): what
 * is known is not run again, in this run or a later one. A build stops at its first red blocker; a task's gates all run,
 * because its agent is told everything at once.
 */
import { gatesAt } from '../../core/gates/stages.ts';
import { gateKey } from '../../core/run/state.ts';
import type { AbsolutePath, CommitId, TreeId } from '../../core/ids.ts';
import type { GateResult } from '../../core/gates/model.ts';
import type { GateSpec } from '../../core/plan/model.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { digestsOf } from './gate-digests.ts';
import type { GateDigests } from './gate-digests.ts';
import { recallResult, rememberResult } from './gate-memory.ts';
import { runGate } from './run-gate.ts';
import { prepareSlot } from './prepare-slot.ts';

type RunGates = Extract<Step, { kind: 'run-gates' }>;

export async function runGates(step: RunGates, context: ActContext): Promise<readonly Fact[]> {
  const { deps, intent, signal } = context;
  const gates = gatesAt(context.state, step.subject);
  const tree = step.tree ?? (await deps.git.treeOf(step.commit));
  const red: GateSpec[] = [];
  for (const gate of gates) {
    if (signal.aborted) return [finished(step, intent, tree, 'cancelled', [])];
    const result = await gateResult(gate, step.commit, tree, step, context);
    if (result === null) return [finished(step, intent, tree, 'cancelled', [])];
    if (result.verdict !== 'fail' || gate.severity !== 'blocker') continue;
    red.push(gate);
    if (step.subject.kind === 'build') break;
  }
  return [finished(step, intent, tree, red.length === 0 ? 'green' : 'red', red)];
}

function finished(
  step: RunGates,
  intent: ActContext['intent'],
  tree: TreeId,
  verdict: 'green' | 'red' | 'cancelled',
  red: readonly GateSpec[],
): Fact {
  return {
    kind: 'gates.finished',
    intent,
    subject: step.subject,
    commit: step.commit,
    tree,
    verdict,
    red: red.map((gate) => gate.name),
  };
}

/** Known, or run now and recorded; null when cancelled. */
async function gateResult(
  gate: GateSpec,
  commit: CommitId,
  tree: TreeId,
  step: RunGates,
  context: ActContext,
): Promise<GateResult | null> {
  const digests = digestsOf(gate, context);
  const key = gateKey(tree, digests.gate, digests.environment);
  const known = step.fresh
    ? null
    : (context.state.gateResults.get(key) ?? (await recallResult(context, key)));
  if (known !== null) {
    context.emit({ kind: 'gate.finished', subject: step.subject, result: known, reused: true });
    return known;
  }
  const baseline = await baselineOf(gate, step, context);
  if (baseline === 'cancelled') return null;
  const checkout = await prepareSlot(step.slot, commit, context);
  if (checkout === null) return null;
  const result = await execute(gate, { commit, tree, checkout, digests, baseline, label: '' }, step, context);
  if (result === null) return null;
  await rememberResult(context, key, result);
  context.emit({ kind: 'gate.finished', subject: step.subject, result, reused: false });
  return result;
}

interface Execution {
  readonly commit: CommitId;
  readonly tree: TreeId;
  readonly checkout: AbsolutePath;
  readonly digests: GateDigests;
  readonly baseline: GateResult | null;
  readonly label: string;
}

function execute(
  gate: GateSpec,
  execution: Execution,
  step: RunGates,
  context: ActContext,
): Promise<GateResult | null> {
  return runGate({ gate, slot: step.slot, target: context.state.target, ...execution }, context);
}

/** The same gate on the merge base, when a metric is compared with it; null when none is. */
async function baselineOf(
  gate: GateSpec,
  step: RunGates,
  context: ActContext,
): Promise<GateResult | null | 'cancelled'> {
  if (!gate.metrics.some((metric) => metric.baseline?.kind === 'base')) return null;
  const tree = await context.deps.git.treeOf(step.base);
  const digests = digestsOf(gate, context);
  const key = `base|${gateKey(tree, digests.gate, digests.environment)}`;
  const known = await recallResult(context, key);
  if (known !== null) return known;
  const checkout = await prepareSlot(step.slot, step.base, context);
  if (checkout === null) return 'cancelled';
  const execution = { commit: step.base, tree, checkout, digests, baseline: null, label: 'base-' };
  const result = await execute(gate, execution, step, context);
  if (result === null) return 'cancelled';
  await rememberResult(context, key, result);
  return result;
}
