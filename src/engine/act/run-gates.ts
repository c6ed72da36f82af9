/**
 * Runs the gates of a subject in a clean checkout of its exact tree. Results are keyed by (tree, gate, environment): what
 * is known is not run again, in this run or a later one. A build stops at its first red blocker; a task's gates all run,
 * because its agent is told everything at once.
 */
import { gatesAt } from '../../core/gates/stages.ts';
import { gateKey, knownResult } from '../../core/run/state.ts';
import type { CommitId, TreeId } from '../../core/ids.ts';
import type { GateResult } from '../../core/gates/model.ts';
import type { GateSpec } from '../../core/plan/model.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { commitWithout } from './bisect-commit.ts';
import { baseKey, baselinesOf } from './gate-baselines.ts';
import { digestsOf } from './gate-digests.ts';
import { recallResult, rememberResult } from './gate-memory.ts';
import { runGate } from './run-gate.ts';

type RunGates = Extract<Step, { kind: 'run-gates' }>;

export async function runGates(asked: RunGates, context: ActContext): Promise<readonly Fact[]> {
  const { deps, intent } = context;
  const step = { ...asked, commit: await commitWithout(asked, context) };
  const tree = step.tree ?? (await deps.git.treeOf(step.commit));
  // What each gate gave, held back until another is started: the last one's goes into the log with the outcome.
  let given: readonly Fact[] = [];
  const outcome = (verdict: 'green' | 'red' | 'cancelled', red: readonly GateSpec[]): readonly Fact[] => [
    ...given,
    {
      kind: 'gates.finished',
      intent,
      subject: step.subject,
      commit: step.commit,
      tree,
      verdict,
      red: red.map((gate) => gate.name),
    },
  ];
  const red: GateSpec[] = [];
  for (const gate of gatesAt(context.state, step.subject)) {
    for (const fact of given) context.emit(fact);
    given = [];
    const finished = await finishGate(gate, step, tree, context);
    if (finished === null) return outcome('cancelled', []);
    given = [{ kind: 'gate.finished', subject: step.subject, ...finished }];
    const { result } = finished;
    if (result.verdict !== 'fail' || gate.severity !== 'blocker') continue;
    red.push(gate);
    if (step.subject.kind === 'build') break;
  }
  return outcome(red.length === 0 ? 'green' : 'red', red);
}

interface FinishedGate {
  readonly result: GateResult;
  readonly reused: boolean;
}

/** Known, or run now and remembered; null when cancelled. */
async function finishGate(
  gate: GateSpec,
  step: RunGates,
  tree: TreeId,
  context: ActContext,
): Promise<FinishedGate | null> {
  if (context.signal.aborted) return null;
  const baselines = await baselinesOf(gate, context, () => measureBase(gate, step, context));
  if (baselines === null) return null;
  const digests = digestsOf(gate, baselines, context);
  const key = gateKey(tree, digests.gate, digests.environment);
  const known = step.fresh ? null : (knownResult(context.state, key) ?? (await recallResult(context, key)));
  // Two gates of one definition share a result; each is told by its own name.
  if (known !== null) return { result: { ...known, gate: gate.name }, reused: true };
  const result = await runGate(
    { gate, slot: step.slot, commit: step.commit, tree, digests, baselines, label: gate.name },
    context,
  );
  if (result === null) return null;
  await context.deps.failpoint('before:gate.record');
  await rememberResult(context, key, result);
  await context.deps.failpoint('after:gate.record');
  return { result, reused: false };
}

/** The gate on the base, judged without baselines: only its numbers are wanted. */
async function measureBase(gate: GateSpec, step: RunGates, context: ActContext): Promise<GateResult | null> {
  const commit: CommitId = step.base;
  const tree = await context.deps.git.treeOf(commit);
  const digests = digestsOf(gate, {}, context);
  const key = baseKey(tree, digests.gate, digests.environment);
  const known = await recallResult(context, key);
  if (known !== null) return known;
  const label = `${gate.name}-base`;
  const result = await runGate(
    { gate, slot: step.slot, commit, tree, digests, baselines: {}, label },
    context,
  );
  if (result !== null) await rememberResult(context, key, result);
  return result;
}
