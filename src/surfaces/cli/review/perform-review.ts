/** `copse review`: what reviewers and people found, and what a person says to it. */
import type { RepoPath, TaskId } from '../../../core/ids.ts';
import type { RunState, TaskState } from '../../../core/run/state.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import { loadLatest } from '../../../engine/load-latest.ts';
import { isInsideRepository } from '../../../formats/plan/schema-values.ts';
import { Failure } from '../../../kit/failure.ts';
import { reviewText } from '../../../views/review-text.ts';
import { reviewDetail } from '../../../views/review-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { resumeLatest } from '../run/perform-run.ts';
import { ownTask, type Session, withSession, withStore } from '../session.ts';
import { isLed, requireRun, requireTasks, tellRun } from '../steer/tell-run.ts';

type Severity = Extract<Fact, { kind: 'review.commented' }>['severity'];

export interface ReviewRequest {
  readonly id: string | null;
  readonly text: string | null;
  readonly comment: string | null;
  readonly severity: Severity | null;
  readonly resolve: readonly string[];
  readonly isAccept: boolean;
}

/** Longest remark. */
const MOST_CHARACTERS = 4_000;

export function performReview(context: Context, request: ReviewRequest): Promise<number> {
  const asked = [request.comment !== null, request.resolve.length > 0, request.isAccept].filter(Boolean);
  if (asked.length > 1)
    throw new Failure('usage-review', 'only one of --comment, --resolve and --accept is possible');
  if (request.comment === null && (request.text !== null || request.severity !== null))
    throw new Failure('usage-review', 'a text or a severity belongs to --comment', {
      hint: 'copse review ID --comment src/a.ts:12 "what is wrong"',
    });
  if (asked.length === 0) return show(context, request.id);
  // A courtesy that keeps honest agents in their place, not a fence.
  if (context.world.env['COPSE_ATTEMPT'] !== undefined)
    throw new Failure('usage-agent', 'an agent does not decide about the review of its own work');
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const task = requireOpenTask(session, state, request.id);
    if (request.comment !== null) return comment(session, state, task, request);
    return request.isAccept ? accept(session, state, task) : settle(session, state, task, request.resolve);
  });
}

/** Reads the log without leading, so that it works while a run is on. */
async function show(context: Context, id: string | null): Promise<number> {
  const view = await withStore(context, async (store, place) => {
    const state = await loadLatest(store);
    if (state === null) throw noRun();
    const task = taskOf(state, id ?? ownTask(state, place));
    return reviewDetail(task, state, Date.now());
  });
  if (view === null) throw noRun();
  const { out } = context;
  if (out.json) out.envelope('review', view);
  else out.answer(...reviewText(view, out.paint));
  return EXIT.done;
}

function noRun(): Failure {
  return new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
}

function taskOf(state: RunState, id: string | null): TaskState {
  if (id === null)
    throw new Failure('usage-task', 'which task is meant? the folder is not the worktree of one', {
      hint: 'copse review ID',
    });
  const [found] = requireTasks(state, [id]);
  const task = found === undefined ? undefined : state.tasks.get(found);
  if (task === undefined) throw new Failure('task-unknown', `there is no task ${id} in this run`);
  return task;
}

function requireOpenTask({ place }: Session, state: RunState, id: string | null): TaskState {
  const task = taskOf(state, id ?? ownTask(state, place));
  if (task.progress.kind === 'landed')
    throw new Failure('usage-landed', `${task.task.id} has landed`, {
      hint: `copse rollback ${task.task.id}    # takes it back`,
    });
  return task;
}

async function comment(
  session: Session,
  state: RunState,
  task: TaskState,
  request: ReviewRequest,
): Promise<number> {
  const { place, text } = remarkOf(request);
  const severity = request.severity ?? 'major';
  const id = `F${task.review.findings.length + 1}`;
  const fact: Fact = {
    kind: 'review.commented',
    task: task.task.id,
    by: session.by,
    severity,
    file: place?.file ?? null,
    line: place?.line ?? null,
    text,
  };
  const where =
    place === null ? 'the whole change' : `${place.file}${place.line === null ? '' : `:${place.line}`}`;
  return told(session, state, task, [fact], {
    text: `${task.task.id}: ${id} (${severity}) on ${where} goes to its author; nothing of it lands before it is resolved`,
    undo: `copse review ${task.task.id} --resolve ${id}`,
    findings: [id],
  });
}

function remarkOf({ comment: at, text }: ReviewRequest): {
  readonly place: { readonly file: RepoPath; readonly line: number | null } | null;
  readonly text: string;
} {
  const said = (text ?? at ?? '').trim();
  if (said === '') throw new Failure('usage-review', 'the remark is empty');
  if (said.length > MOST_CHARACTERS)
    throw new Failure('usage-review', `a remark has at most ${MOST_CHARACTERS} characters`);
  if (text === null) return { place: null, text: said };
  const [, file = '', line] = /^(.*?)(?::(\d{1,9}))?$/s.exec(at ?? '') ?? [];
  if (!isInsideRepository(file))
    throw new Failure('usage-review', `${JSON.stringify(at)} is no place in the repository`, {
      hint: 'copse review ID --comment src/a.ts:12 "what is wrong"',
    });
  return { place: { file: file as RepoPath, line: line === undefined ? null : Number(line) }, text: said };
}

async function settle(
  session: Session,
  state: RunState,
  task: TaskState,
  ids: readonly string[],
): Promise<number> {
  const open = task.review.findings.filter((finding) => finding.state.kind === 'open').map(({ id }) => id);
  const unknown = ids.filter((id) => !open.includes(id));
  if (unknown.length > 0)
    throw new Failure(
      'finding-unknown',
      `${unknown.join(', ')}: not open on ${task.task.id}; open: ${open.join(', ') || 'none'}`,
      { hint: `copse review ${task.task.id}` },
    );
  const fact: Fact = { kind: 'review.settled', task: task.task.id, by: session.by, findings: ids };
  return told(session, state, task, [fact], {
    text: `${task.task.id}: ${ids.join(', ')} settled`,
    findings: ids,
  });
}

/** Every finding is settled and the head is taken; it still has to pass its gates and the queue. */
async function accept(session: Session, state: RunState, task: TaskState): Promise<number> {
  const { head, tree } = task;
  if (head === null || tree === null || task.attempts.length === 0)
    throw new Failure('usage-review', `${task.task.id} has no work to accept yet`);
  const open = task.review.findings.filter((finding) => finding.state.kind === 'open').map(({ id }) => id);
  const id = task.task.id;
  const facts: Fact[] = [
    ...(open.length === 0
      ? []
      : [{ kind: 'review.settled', task: id, by: session.by, findings: open } as const]),
    { kind: 'review.accepted', task: id, by: session.by, head, tree, because: 'a person decided' },
  ];
  return told(session, state, task, facts, {
    text: `${id}: taken as it is at ${head.slice(0, 7)}; its gates and the merge queue still decide`,
    findings: open,
  });
}

interface Said {
  readonly text: string;
  readonly undo?: string;
  readonly findings: readonly string[];
}

/** Told to the leader; where there is none and the task can go on now, the run goes on here. */
async function told(
  session: Session,
  state: RunState,
  task: TaskState,
  facts: readonly Fact[],
  said: Said,
): Promise<number> {
  const { out } = session.context;
  const isResting = new Set<string>(['stopped', 'skipped', 'waiting']).has(task.progress.kind);
  if (!(await isLed(session)) && !isResting) {
    out.note(said.text);
    return resumeLatest(session, state, facts, false);
  }
  await tellRun(session, facts);
  const { text, undo, findings } = said;
  if (out.json) {
    const tasks: readonly TaskId[] = [task.task.id];
    out.envelope('review', { tasks, findings, message: text, ...(undo === undefined ? {} : { undo }) });
  } else out.answer(text);
  if (undo !== undefined) out.note(`to take it back: ${undo}`);
  return EXIT.done;
}
