/** `conflicts` and `order`: what of the named work meets, and in which order it should land. Changes nothing. */
import type { BranchName, CommitId } from '../../../core/ids.ts';
import type { Plan } from '../../../core/plan/model.ts';
import type { RunState } from '../../../core/run/state.ts';
import { loadLatest } from '../../../engine/load-latest.ts';
import { conflictsOf } from '../../../engine/separation.ts';
import {
  type ConflictSubject,
  hasOpenTasks,
  subjectOfTask,
  subjectsOfBranches,
  subjectsOfRun,
} from '../../../engine/separation/subjects.ts';
import { Failure } from '../../../kit/failure.ts';
import { conflictsText, orderText } from '../../../views/conflicts-text.ts';
import { conflictsView, type ConflictsView } from '../../../views/conflicts-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { invalid, sayProblems } from '../planning/load-plan.ts';
import { findPlan } from '../planning/find-plan.ts';
import { openPlan, type OpenPlan } from '../plan/plan-file.ts';
import { type Session, withSession } from '../session.ts';

export interface ConflictWish {
  /** Tasks, branches or other names of commits; empty: the tasks of the run or plan, else all branches that are not merged. */
  readonly names: readonly string[];
  readonly into: string | null;
}

/** Without names, at most this many branches are compared, newest first. */
const MOST_BRANCHES = 100;

export function showConflicts(context: Context, wish: ConflictWish): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    const view = await look(session, wish);
    if (out.json) out.envelope('conflicts', view);
    else out.answer(...conflictsText(view, out.paint));
    return EXIT.done;
  });
}

export function showOrder(context: Context, wish: ConflictWish): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    const view = await look(session, wish);
    if (out.json) out.envelope('order', { onto: view.onto, order: view.order, notes: view.notes });
    else {
      out.note(...view.notes);
      out.answer(...orderText(view, out.paint));
    }
    return EXIT.done;
  });
}

/** What the names may stand for. */
interface Scene {
  readonly session: Session;
  /** A run that is on, or that ended with work left; null otherwise. */
  readonly run: RunState | null;
  readonly plan: Plan | null;
}

async function look(session: Session, wish: ConflictWish): Promise<ConflictsView> {
  const { deps } = session;
  const latest = await loadLatest(deps.store);
  const run = latest !== null && hasOpenTasks(latest) ? latest : null;
  const scene = { session, run, plan: run?.plan ?? planOf(session, await planFile(session)) };
  const onto = await ontoOf(scene, wish.into);
  const subjects =
    wish.names.length > 0
      ? await namedSubjects(scene, [...new Set(wish.names.map((name) => name.replace(/^refs\/heads\//, '')))])
      : await allSubjects(scene, onto);
  const ignore = scene.plan?.conflicts.ignore ?? [];
  return conflictsView(await conflictsOf(deps, subjects, { onto: onto.commit, ignore }));
}

async function planFile({ context, place }: Session): Promise<OpenPlan | null> {
  return findPlan(context, place, null) === null ? null : openPlan(context, null);
}

function planOf({ context }: Session, file: OpenPlan | null): Plan | null {
  if (file === null) return null;
  const { parsed, source } = file;
  if (parsed.plan !== null) return parsed.plan;
  sayProblems(context, parsed.problems, source.text);
  throw invalid(source, parsed.problems);
}

interface Onto {
  readonly branch: BranchName | null;
  readonly commit: CommitId;
}

/** Where it is to land: as asked, of the run, of the plan when that branch is there, else the repository's main branch. */
async function ontoOf({ session, run, plan }: Scene, into: string | null): Promise<Onto> {
  const { git } = session.deps;
  if (into !== null) {
    const commit = await git.resolve(into);
    if (commit === null)
      throw new Failure('usage-branch', `there is no branch ${into}`, { hint: 'git branch --list' });
    return { branch: into as BranchName, commit };
  }
  const facts = await git.facts();
  for (const branch of [run?.target ?? null, plan?.merge.into ?? null, facts.defaultBranch]) {
    const commit = branch === null ? null : await git.branchTip(branch);
    if (commit !== null) return { branch, commit };
  }
  if (facts.head === null) throw new Failure('base-missing', 'the repository has no commit yet');
  return { branch: facts.currentBranch, commit: facts.head };
}

/** A task of the run, else a branch, else a task of the plan that nobody has begun. */
async function namedSubjects(
  { session, run, plan }: Scene,
  names: readonly string[],
): Promise<readonly ConflictSubject[]> {
  const { deps } = session;
  const subjects: ConflictSubject[] = [];
  const inRun = new Set<string>(run?.tasks.keys() ?? []);
  for (const name of names) {
    const task = plan?.tasks.find(({ id }) => id === name);
    if (run !== null && inRun.has(name)) subjects.push(...(await subjectsOfRun(deps, run, [name])));
    else if (task === undefined || (await deps.git.branchTip(name as BranchName)) !== null)
      subjects.push(...(await subjectsOfBranches(deps, [name])));
    else subjects.push(subjectOfTask(task));
  }
  return subjects;
}

async function allSubjects({ session, run, plan }: Scene, onto: Onto): Promise<readonly ConflictSubject[]> {
  const { deps } = session;
  if (run !== null) return subjectsOfRun(deps, run, null);
  if (plan !== null) return plan.tasks.map(subjectOfTask);
  const open: string[] = [];
  for (const { branch, tip } of await deps.git.listBranches(MOST_BRANCHES)) {
    if (branch === onto.branch || (await deps.git.isAncestor(tip, onto.commit))) continue;
    open.push(branch);
  }
  return subjectsOfBranches(deps, open.toSorted());
}
