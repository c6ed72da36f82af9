/** `copse verify`: runs the gates now on tasks, the target or the checkout's commit; prints metrics against thresholds. */
import type { BranchName, CommitId, RunId, TaskId } from '../../../core/ids.ts';
import type { Plan } from '../../../core/plan/model.ts';
import type { RunEvent } from '../../../core/run/events.ts';
import type { RunState } from '../../../core/run/state.ts';
import { loadLatest } from '../../../engine/load-latest.ts';
import { type Verification, verifyCommit } from '../../../engine/care/verify.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import { formatDuration } from '../../../kit/duration.ts';
import { Failure } from '../../../kit/failure.ts';
import { gateView } from '../../../views/status-view.ts';
import { shortId } from '../../../views/words.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { DEFAULT_TARGET, detect } from '../planning/detected.ts';
import { findPlan } from '../planning/find-plan.ts';
import { loadPlan } from '../planning/load-plan.ts';
import { requireTrust } from '../planning/trust.ts';
import { takeLead } from '../run/lead.ts';
import { type Session, withSession } from '../session.ts';
import { requireTasks } from '../steer/tell-run.ts';

export interface VerifyWish {
  readonly ids: readonly string[];
  /** The target as it is now. */
  readonly merged: boolean;
  /** Results of the same tree are used if there are any. */
  readonly reuse: boolean;
}

interface Subject {
  readonly id: string;
  readonly commit: CommitId;
  readonly base: CommitId;
  readonly gates: readonly string[] | null;
}

export function performVerify(context: Context, wish: VerifyWish): Promise<number> {
  return withSession(context, async (session) => {
    const { deps } = session;
    const { out } = context;
    const latest = await loadLatest(deps.store);
    const plan = await planFor(session, latest, wish);
    if (Object.keys(plan.gates).length === 0)
      throw new Failure('usage-gate', 'there is no gate to run', { hint: 'copse init' });
    const subjects = await subjectsOf(session, wish, plan, latest);
    const results: { readonly subject: Subject; readonly verification: Verification }[] = [];
    const lead = await takeLead(session, false);
    const abort = new AbortController();
    const onInterrupt = (): void => abort.abort();
    process.once('SIGINT', onInterrupt);
    try {
      for (const subject of subjects) {
        out.note(`${subject.id} at ${shortId(subject.commit)}`);
        const verification = await verifyCommit(
          deps,
          lead.leadership,
          {
            started: startedWith(subject, plan, deps.clock.now()),
            commit: subject.commit,
            base: subject.base,
            fresh: !wish.reuse,
            slot: 'verify-1',
          },
          abort.signal,
        );
        results.push({ subject, verification });
        if (!out.json) sayResults(context, subject, verification);
      }
    } finally {
      process.off('SIGINT', onInterrupt);
      await lead.close();
    }
    if (out.json) {
      const data = results.map(({ subject, verification }) => ({
        id: subject.id,
        commit: subject.commit,
        verdict: verification.verdict,
        gates: verification.results.map(gateView),
      }));
      out.envelope('verify', { subjects: data });
    }
    if (abort.signal.aborted) return EXIT.interrupt;
    return results.every(({ verification }) => verification.verdict === 'green') ? EXIT.done : EXIT.failed;
  });
}

function sayResults({ out }: Context, subject: Subject, { verdict, results }: Verification): void {
  const { style } = out;
  for (const gate of results) {
    const word =
      gate.verdict === 'pass'
        ? style.green('pass')
        : gate.verdict === 'warn'
          ? style.yellow('warn')
          : style.red('fail');
    const flaky = gate.flaky ? ', flaky' : '';
    out.answer(
      `  ${word}  ${gate.gate}  ${style.dim(`${formatDuration(gate.durationMs)}${flaky}`)}  ${gate.reason}`,
    );
    for (const metric of gate.metrics) {
      const value = metric.value === null ? 'unreadable' : String(metric.value);
      const base = metric.baseline === null ? '' : ` (base ${metric.baseline})`;
      out.answer(`        ${metric.name} = ${value}${base}  ${metric.status}: ${metric.detail}`);
    }
  }
  out.answer(`${subject.id}: ${verdict}`);
}

async function planFor(session: Session, latest: RunState | null, wish: VerifyWish): Promise<Plan> {
  const { context, place, deps } = session;
  if (wish.ids.length > 0 && latest !== null) return latest.plan;
  const detected = await detect(context, place, deps.git);
  const source = findPlan(context, place, null);
  if (source === null) {
    const { plan } = parsePlan('tasks: {verify: {prompt: verify, agent: demo}}', {
      file: 'verify',
      detected: detected.facts,
    });
    if (plan === null) throw new Failure('usage-gate', 'there is no gate to run', { hint: 'copse init' });
    const setup = detected.project.setup.map(({ value }) => value);
    return { ...plan, workspace: { ...plan.workspace, setup } };
  }
  const loaded = await loadPlan({ context, place, git: deps.git, detected }, source);
  context.out.note(...loaded.gateNotes);
  await requireTrust(context, place, loaded);
  return loaded.plan;
}

async function subjectsOf(
  session: Session,
  wish: VerifyWish,
  plan: Plan,
  latest: RunState | null,
): Promise<readonly Subject[]> {
  const { git } = session.deps;
  if (wish.ids.length > 0) {
    if (latest === null)
      throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
    return Promise.all(requireTasks(latest, wish.ids).map((id) => taskSubject(session, latest, id)));
  }
  const target = (latest?.target ?? plan.merge.into ?? DEFAULT_TARGET) as BranchName;
  const { head } = await git.facts();
  const commit = wish.merged ? await git.branchTip(target) : head;
  if (commit === null)
    throw new Failure('usage-branch', `there is no branch ${target}`, { hint: 'copse run' });
  return [{ id: wish.merged ? target : 'HEAD', commit, base: latest?.base ?? commit, gates: null }];
}

async function taskSubject({ deps }: Session, latest: RunState, id: TaskId): Promise<Subject> {
  const task = latest.tasks.get(id);
  const { workspace = null, head = null } = task ?? {};
  const tip = workspace === null ? head : ((await deps.git.branchTip(workspace.branch)) ?? head);
  if (tip === null) throw new Failure('usage-branch', `${id} has no branch yet`, { hint: `copse run ${id}` });
  const gates = task?.task.waves.at(-1)?.gates ?? [];
  return { id, commit: tip, base: workspace?.base ?? latest.base, gates };
}

/** Only for running gates: it is never recorded. */
function startedWith(subject: Subject, plan: Plan, atMs: number): Extract<RunEvent, { kind: 'run.started' }> {
  const { gates } = subject;
  const chosen = Object.fromEntries(
    Object.entries(plan.gates).filter(([name]) => gates === null || gates.some((gate) => gate === name)),
  );
  return {
    kind: 'run.started',
    run: `verify-${atMs.toString(36)}` as RunId,
    mode: 'plan',
    plan: { ...plan, gates: chosen },
    target: plan.merge.into ?? (DEFAULT_TARGET as BranchName),
    base: subject.base,
    options: { noMerge: true, parallel: null, only: null, prepareOnly: false, seed: 0 },
    atMs,
  };
}
