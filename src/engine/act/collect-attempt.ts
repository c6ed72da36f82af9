/**
 * Looks at what an ended attempt left: undoes what it had no business changing, saves every byte, takes the branch into
 * the control repository. It reports facts; `core/run/judge` says what they mean.
 */
import { assertNever } from '../../kit/assert.ts';
import { MAX_RECORDED_PATHS } from '../../core/run/events.ts';
import type { AttemptFacts, ExitFacts, ViolationFact } from '../../core/run/events.ts';
import type { Step } from '../../core/run/steps.ts';
import type { CommitId, TreeId } from '../../core/ids.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { pathsOutside } from '../../core/separation/outside.ts';
import type {
  Capture,
  GuardViolation,
  IntakeFacts,
  LineCounts,
  TakeInOutcome,
  WorkspaceSpec,
} from '../../ports/git.ts';
import { Failure } from '../../kit/failure.ts';
import type { ActContext } from '../deps.ts';
import { markerOf } from '../paths.ts';
import { readAttemptStream } from './read-stream.ts';
import { unsafeContent } from './unsafe-content.ts';
import { requireTask, requireWorkspace } from './workspace-spec.ts';

type Collect = Extract<Step, { kind: 'collect-attempt' }>;

export async function collectAttempt(step: Collect, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const task = requireTask(state, step.task);
  const spec = requireWorkspace(state, step.task);
  const attempt = state.attempts.get(step.attempt);
  const survivors = await deps.processes.sweep({ marker: markerOf(state.id, step.attempt), cwd: spec.path });
  const violations = (await deps.git.verifySnapshot(spec, { id: attempt?.snapshot ?? '' })).map(describe);
  if (survivors.length > 0) {
    violations.push({
      what: 'survivors',
      detail: `processes ${survivors.join(', ')} could not be ended`,
      repaired: true,
      tolerated: false,
    });
  }
  const stream = await readAttemptStream(step.attempt, context);
  const isInOrder = violations.every((violation) => violation.repaired || violation.tolerated);
  // Side by side: most attempts leave nothing uncommitted, and what they committed is then known already.
  const [saved, early] = await Promise.all([
    saveUncommitted(step, context, spec, { exit: attempt?.exit ?? null, isInOrder }),
    takeInAndLook({ task: step.task, name: step.attempt }, context, spec),
  ]);
  const { taken, head, tree, intake, lines } =
    saved.committed === null
      ? early
      : await takeInAndLook({ task: step.task, name: step.attempt }, context, spec);
  const changedPaths = intake?.changed.map((entry) => entry.path) ?? [];
  const facts: AttemptFacts = {
    head,
    tree,
    refusal: taken.kind === 'rejected' ? taken.reason : null,
    newCommits: taken.kind === 'taken' ? taken.commits : 0,
    committedOnBehalf: saved.committed,
    salvageRef: saved.ref,
    violations,
    changedPaths: changedPaths.slice(0, MAX_RECORDED_PATHS),
    changedCount: changedPaths.length,
    insertions: lines?.insertions ?? 0,
    deletions: lines?.deletions ?? 0,
    conflictMarkers: intake?.conflictMarkers ?? [],
    outOfScope:
      state.plan.conflicts.enforceScope === 'off'
        ? []
        : pathsOutside(task.task.scope, changedPaths, state.plan.conflicts.ignore).slice(
            0,
            MAX_RECORDED_PATHS,
          ),
    unsafe: intake === null ? [] : unsafeContent(intake),
    ...(stream === null ? {} : { stream }),
  };
  return [{ kind: 'attempt.collected', intent, attempt: step.attempt, task: step.task, facts }];
}

interface TakenIn {
  readonly taken: TakeInOutcome;
  readonly head: CommitId | null;
  readonly tree: TreeId | null;
  readonly intake: IntakeFacts | null;
  readonly lines: LineCounts | null;
}

/** Everything the branch adds to the target it started from or took in since; its tip is kept under `name`. */
export async function takeInAndLook(
  kept: { readonly task: Collect['task']; readonly name: string },
  context: ActContext,
  spec: WorkspaceSpec,
): Promise<TakenIn> {
  const { git } = context.deps;
  const keepRef = `refs/copse/heads/${context.state.id}/${kept.task}/${kept.name}`;
  const taken = await git.takeIn({ branch: spec.branch, workspace: spec }, keepRef);
  if (taken.kind === 'rejected') return { taken, head: null, tree: null, intake: null, lines: null };
  const { head } = taken;
  const base = (await git.mergeBase(context.state.queue.tip, head)) ?? spec.base;
  const [tree, intake, lines] = await Promise.all([
    git.treeOf(head),
    git.intakeFacts(base, head),
    git.lineCounts(base, head),
  ]);
  return { taken, head, tree, intake, lines };
}

/**
 * A normal exit means the work is meant: it is committed. After a crash, or where the worktree or the repository could not
 * be put in order, it is only saved, and stays in the worktree.
 */
async function saveUncommitted(
  step: Collect,
  context: ActContext,
  spec: WorkspaceSpec,
  ended: { readonly exit: ExitFacts | null; readonly isInOrder: boolean },
): Promise<{ readonly committed: CommitId | null; readonly ref: string | null }> {
  const { deps, state } = context;
  const ref = `refs/copse/salvage/${state.id}/${step.task}/${step.attempt}`;
  const title = requireTask(state, step.task).task.title;
  const [sighting, capture] = await Promise.all([
    deps.git.sight(spec),
    captureIfThere(context, spec, ref, `${title}\n\nUncommitted work of ${step.attempt}.\n`),
  ]);
  if (!sighting.exists || capture === null || !capture.isDirty) return { committed: null, ref: null };
  const { exit, isInOrder } = ended;
  const isMeant = isInOrder && exit?.cause === 'exited' && exit.code === 0 && sighting.inProgress === null;
  if (!isMeant) return { committed: null, ref };
  return { committed: await deps.git.commitOnBehalf(spec, capture), ref };
}

/** null when the worktree is gone. */
async function captureIfThere(
  context: ActContext,
  spec: WorkspaceSpec,
  ref: string,
  message: string,
): Promise<Capture | null> {
  try {
    return await context.deps.git.capture(spec, ref, message);
  } catch (error) {
    if (error instanceof Failure && error.code === 'git-workspace-missing') return null;
    throw error;
  }
}

function describe(violation: GuardViolation): ViolationFact {
  switch (violation.kind) {
    case 'ref-moved':
    case 'ref-deleted':
    case 'ref-created': {
      const change = `${violation.ref} ${violation.from?.slice(0, 10) ?? 'absent'} → ${violation.to?.slice(0, 10) ?? 'absent'}`;
      return {
        what: violation.kind,
        detail: change,
        repaired: violation.restored,
        tolerated: violation.tolerated,
      };
    }
    case 'config-changed':
    case 'hooks-changed':
    case 'info-changed':
      return { what: violation.kind, detail: violation.path, repaired: violation.restored, tolerated: false };
    case 'worktree-missing':
    case 'wrong-branch':
    case 'detached':
    case 'repository-damaged':
      return {
        what: violation.kind,
        detail: violation.detail,
        repaired: violation.restored,
        tolerated: false,
      };
    default:
      return assertNever(violation);
  }
}
