/** `copse merge`: lands branches made by anyone, each proven on the merged tree; no plan and no agent is needed. */
import { randomInt } from 'node:crypto';
import type { BranchName } from '../../../core/ids.ts';
import type { GateSpec, Plan } from '../../../core/plan/model.ts';
import type { RunOptions } from '../../../core/run/events.ts';
import { loadLatest, startRun } from '../../../engine/api.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import { slugOf } from '../../../formats/plan/task-ids.ts';
import { Failure } from '../../../kit/failure.ts';
import { mergeView, type MergeView } from '../../../views/merge-view.ts';
import { timeOf } from '../../../views/words.ts';
import { problemText } from '../../../views/problem-text.ts';
import { problemsOf } from '../../../views/problem-view.ts';
import type { Context } from '../host.ts';
import { commandOf, detect, type Detected } from '../planning/detected.ts';
import { findPlan } from '../planning/find-plan.ts';
import { type LoadedPlan, loadPlan } from '../planning/load-plan.ts';
import { requireTrust } from '../planning/trust.ts';
import { type DriveEnd, driveRun } from '../run/drive.ts';
import { exitCodeOfEnd, isUnfinished } from '../run/ending.ts';
import { newRunId } from '../run/perform-run.ts';
import { branchesOf, targetOf } from './landing-target.ts';
import { wishesOf } from './branch-wishes.ts';
import { type Session, withSession } from '../session.ts';

export interface MergeRequest {
  readonly branches: readonly string[];
  readonly into: string | null;
  /** Commands; empty: the plan's gates, else the detected one. */
  readonly gates: readonly string[];
  readonly noGates: boolean;
  readonly slots: number | null;
  /** `branch=priority`. */
  readonly priorities: readonly string[];
  /** `branch=other`. */
  readonly needs: readonly string[];
  readonly alone: readonly string[];
  /** Patterns of branches; empty: only those that are named. */
  readonly watch: readonly string[];
  readonly untilIdleSeconds: number | null;
  readonly takeover: boolean;
}

export function performMerge(context: Context, request: MergeRequest): Promise<number> {
  return withSession(context, async (session) => {
    const { deps } = session;
    requireWork(request);
    const target = await targetOf(session, request.into);
    const branches = await branchesOf(session, request.branches, target);
    const wishes = wishesOf(request, branches);
    const plan = await planOf(session, request, target.branch);
    const latest = await loadLatest(deps.store);
    if (isUnfinished(latest) && !request.takeover && (await deps.store.leader()) === null) {
      throw new Failure('input-needed', `the run ${latest.id} is not finished`, {
        hint: 'copse run    # goes on with it; copse reset ends it',
      });
    }
    const end = await driveRun(
      session,
      (leadership, observer) =>
        startRun(
          deps,
          leadership,
          {
            run: newRunId(deps.clock.now()),
            mode: 'merge',
            plan,
            target: target.branch,
            options: {
              noMerge: false,
              parallel: null,
              only: null,
              prepareOnly: false,
              seed: randomInt(2 ** 31),
              ...(target.remote === null ? {} : { remote: target.remote }),
              ...watchOf(request),
            },
            branches,
            wishes,
          },
          observer,
        ),
      { takeover: request.takeover, json: request.watch.length > 0 ? 'events' : 'silent' },
    );
    return answer(session, end, request.watch.length > 0);
  });
}

/** `asEvents`: the events were printed as they came, and this is the last line. */
function answer({ context: { out } }: Session, end: DriveEnd, asEvents: boolean): number {
  const view = mergeView(end.state);
  const code = exitCodeOfEnd(end);
  if (out.json && asEvents) {
    const ts = timeOf(end.state.lastAtMs);
    out.record({ v: 1, seq: end.lastSeq, ts, type: 'merge.summary', ...view, exit_code: code });
    return code;
  }
  if (out.json) {
    out.envelope('merge', { ...view, exit_code: code });
    return code;
  }
  for (const problem of problemsOf(end.state, { logOf: () => null }))
    out.problem('', ...problemText(problem, out.notePaint));
  out.answer(summary(view));
  return code;
}

function requireWork(request: MergeRequest): void {
  if (request.branches.length === 0 && request.watch.length === 0)
    throw new Failure('usage-branch', 'no branch was named', {
      hint: "copse merge BRANCH…    # or: --watch 'agent/*'",
    });
  if (request.untilIdleSeconds !== null && request.watch.length === 0)
    throw new Failure('usage-value', '--until-idle is for --watch', {
      hint: "copse merge --watch 'agent/*' …",
    });
}

function watchOf({ watch, untilIdleSeconds }: MergeRequest): Pick<RunOptions, 'watch'> {
  if (watch.length === 0) return {};
  return {
    watch: { patterns: watch, untilIdleMs: untilIdleSeconds === null ? null : untilIdleSeconds * 1_000 },
  };
}

function summary(view: MergeView): string {
  const { branch, commit, remote } = view.target;
  const target = remote === undefined ? branch : `${remote}/${branch}`;
  const parts = [`${view.landed.length} landed on ${target} @ ${commit.slice(0, 7)}`];
  if (view.ejected.length > 0) parts.push(`${view.ejected.length} ejected`);
  if (view.conflicted.length > 0) parts.push(`${view.conflicted.length} conflicted`);
  if (view.pending.length > 0) parts.push(`${view.pending.length} waiting`);
  return `${parts.join(', ')}; ${view.gate_runs} gate run${view.gate_runs === 1 ? '' : 's'}`;
}

/** A plan of no tasks: how to merge, and what must pass. */
async function planOf(session: Session, request: MergeRequest, target: BranchName): Promise<Plan> {
  const { context, place, deps } = session;
  const { out } = context;
  const source = request.gates.length > 0 ? null : findPlan(context, place, null);
  const detected = await detect(context, place, deps.git);
  const plan = source === null ? barePlan(detected) : await fromFile(session, source, detected, target);
  const gates = request.noGates ? {} : gatesOf(request, plan, detected, source !== null);
  const names = Object.values(gates).filter((gate) => gate.at.includes('merge'));
  if (names.length === 0 && !request.noGates) {
    throw new Failure('merge-no-gates', 'no gate was given, planned or found: nothing would be proven', {
      hint: 'copse merge … --gate "npm test"    # or: --no-gates',
    });
  }
  for (const gate of names) out.note(`gate ${gate.name}: ${gate.run}`);
  return {
    ...plan,
    tasks: [],
    gates,
    merge: { ...plan.merge, into: target, slots: request.slots ?? plan.merge.slots },
  };
}

async function fromFile(
  session: Session,
  source: NonNullable<ReturnType<typeof findPlan>>,
  detected: Detected,
  target: BranchName,
): Promise<Plan> {
  const { context, place, deps } = session;
  const facts = { ...detected, facts: { ...detected.facts, target } };
  const loaded: LoadedPlan = await loadPlan({ context, place, git: deps.git, detected: facts }, source);
  context.out.note(...loaded.gateNotes);
  const gatesOnly = { ...loaded, plan: { ...loaded.plan, tasks: [] } };
  await requireTrust(context, place, gatesOnly);
  return loaded.plan;
}

function barePlan(detected: Detected): Plan {
  const { gates: _, ...facts } = detected.facts;
  const { plan } = parsePlan('tasks: {merge: {prompt: merge, agent: demo}}', {
    file: 'merge',
    detected: facts,
  });
  if (plan === null) throw new Error('the plan of a merge is not valid');
  const { setup, copy, link } = detected.project;
  const values = (found: typeof setup): readonly string[] => found.map(({ value }) => value);
  const workspace = { ...plan.workspace, setup: values(setup), copy: values(copy), link: values(link) };
  return { ...plan, name: 'merge', workspace };
}

function gatesOf(
  request: MergeRequest,
  plan: Plan,
  detected: Detected,
  isPlanned: boolean,
): Readonly<Record<string, GateSpec>> {
  if (request.gates.length > 0) return gatesFrom(request.gates);
  if (isPlanned) return plan.gates;
  const { gate } = detected;
  return gate === null ? {} : gatesFrom([commandOf(gate)], gate.name);
}

function gatesFrom(commands: readonly string[], name?: string): Readonly<Record<string, GateSpec>> {
  const gates: Record<string, string> = {};
  for (const [index, command] of commands.entries()) {
    if (command.trim() === '') throw new Failure('usage-gate', '--gate needs a command');
    const base = name ?? slugOf(command.slice(0, 40)) ?? `gate-${index + 1}`;
    const key = Object.hasOwn(gates, base) ? `${base}-${index + 1}` : base;
    gates[key] = command;
  }
  const text = JSON.stringify({ gates, tasks: { merge: { prompt: 'merge', agent: 'demo' } } });
  const { plan, problems } = parsePlan(text, { file: '--gate' });
  if (plan === null) throw new Failure('usage-gate', problems[0]?.message ?? 'a gate cannot be understood');
  return Object.fromEntries(
    Object.values(plan.gates).map((gate) => [gate.name, { ...gate, at: ['merge'] as const }]),
  );
}
