/**
 * What is left for a person to do: each block says what happened, why, what is safe, and commands that can be run as they
 * stand. One block per task that failed or waits for a person, per refused branch, and per thing that stops the run.
 */
import type { AttemptId } from '../core/ids.ts';
import type { ChangeState, RunState, TaskState } from '../core/run/state.ts';
import { inboxItems } from '../core/inbox/items.ts';
import { attemptsOf } from './attempts.ts';
import { heldReason } from './reason.ts';
import { conflictWhy, taskCode, taskWhat, taskWhy } from './problem-causes.ts';
import { nameOf } from './narrate-queue.ts';
import { culpritText } from './narrate-target.ts';
import { isHeld } from './present.ts';
import { rollbackView, type RollbackView } from './rollback-view.ts';
import { counted, shellWord, shortId } from './words.ts';

export interface ProblemView {
  /** Stable: `copse explain CODE`. */
  readonly code: string;
  readonly severity: 'error' | 'waiting';
  readonly task?: string;
  readonly change?: string;
  readonly title: string;
  readonly what: string;
  readonly why: string;
  readonly state: readonly string[];
  readonly next: readonly { readonly command: string; readonly purpose: string }[];
  /** Where the output can be read; relative to the state folder unless `logOf` gave an absolute path. */
  readonly log?: string;
}

export interface ProblemContext {
  /** Path of an attempt's log; null when there is none. */
  readonly logOf: (attempt: AttemptId) => string | null;
}

/** Tasks in the order of the plan, then branches, then the run itself. */
export function problemsOf(state: RunState, context: ProblemContext): readonly ProblemView[] {
  const problems: ProblemView[] = [];
  for (const task of state.tasks.values()) {
    const { kind } = task.progress;
    if (kind === 'failed' || kind === 'needs-person') problems.push(taskProblem(task, state, context));
    if (kind === 'awaiting-approval') problems.push(...approvalProblems(task, state));
  }
  for (const change of state.queue.changes.values()) {
    const isOwn = change.task === null && change.origin?.kind !== 'resolution';
    if (!isOwn || change.state.kind !== 'ejected') continue;
    const rollback = rollbackView(change, state);
    problems.push(rollback === null ? changeProblem(change, state) : rollbackProblem(rollback, state));
  }
  if (state.queue.held !== null) problems.push(heldProblem(state));
  if (!state.queue.isOpen) problems.push(closedProblem(state));
  if (state.endGates === 'red') problems.push(endProblem(state));
  return problems;
}

function taskProblem(task: TaskState, state: RunState, context: ProblemContext): ProblemView {
  const id = task.task.id;
  const failed = task.progress.kind === 'failed';
  const log = logOf(task, state, context);
  return {
    code: taskCode(task),
    severity: failed ? 'error' : 'waiting',
    task: id,
    title: failed ? `task ${id} failed` : `task ${id} needs a person`,
    what: taskWhat(task),
    why: taskWhy(task, state),
    state: [...safeTask(task, state), targetLine(state)],
    next: nextFor(task, state),
    ...(log === null ? {} : { log }),
  };
}

function approvalProblems(task: TaskState, state: RunState): readonly ProblemView[] {
  const id = task.task.id;
  const item = inboxItems(state).find((one) => one.kind === 'approval' && one.task === id);
  if (item?.kind !== 'approval') return [];
  const { head, required, given, from } = item.approval;
  const who = from.length === 0 ? '' : ` by ${from.join(', ')}`;
  return [
    {
      code: 'approval-needed',
      severity: 'waiting',
      task: id,
      title: `task ${id} waits for approval`,
      what: `its gates passed on ${shortId(head)}`,
      why: `the plan wants ${counted(required, 'approval')}${who}; ${given.length} given`,
      state: [...safeTask(task, state), targetLine(state)],
      next: [
        { command: `copse approve ${shellWord(item.id)}`, purpose: 'it goes on, as it is' },
        { command: `copse diff ${shellWord(id)}`, purpose: 'what it changes' },
        {
          command: `copse reject ${shellWord(item.id)} -m "…"`,
          purpose: 'back to its agent, with the reason',
        },
      ],
    },
  ];
}

function safeTask(task: TaskState, state: RunState): readonly string[] {
  const lines: string[] = [];
  const { workspace } = task;
  if (workspace !== null) {
    // Each counts from where the branch began.
    const commits = Math.max(0, ...attemptsOf(task, state).map((one) => one.facts?.newCommits ?? 0));
    const head = task.head === null ? '' : ` at ${shortId(task.head)}`;
    lines.push(`worktree kept at ${workspace.path}`);
    lines.push(
      `branch ${workspace.branch}${head}, ${counted(commits, 'commit')} by ${counted(task.attempts.length, 'attempt')}`,
    );
  }
  for (const ref of task.salvage) lines.push(`unfinished work saved as ${ref}`);
  return lines;
}

function targetLine(state: RunState): string {
  const { tip, landed } = state.queue;
  return landed.length === 0
    ? `${state.target} is unchanged at ${shortId(tip)}`
    : `${state.target} is at ${shortId(tip)} with ${counted(landed.length, 'proven landing')}`;
}

function logOf(task: TaskState, state: RunState, context: ProblemContext): string | null {
  const failing = task.gates.findLast((gate) => gate.verdict === 'fail' && gate.logPath !== null);
  const cause = task.progress.kind === 'failed' ? task.progress.cause : null;
  if (cause === 'gate' && failing !== undefined) return failing.logPath;
  const last = attemptsOf(task, state).at(-1);
  return last === undefined ? null : context.logOf(last.id);
}

function nextFor(task: TaskState, state: RunState): ProblemView['next'] {
  const id = shellWord(task.task.id);
  const { progress, workspace } = task;
  const retry = { command: `copse retry ${id}`, purpose: 'another attempt, told what went wrong' };
  const fresh = { command: `copse retry ${id} --fresh`, purpose: 'another attempt in a new worktree' };
  const logs = { command: `copse logs ${id}`, purpose: 'its output' };
  const diff = { command: `copse diff ${id}`, purpose: 'what it changed' };
  const skip = { command: `copse skip ${id}`, purpose: 'go on without it' };
  if (progress.kind === 'needs-person' && progress.cause === 'conflict' && workspace !== null) {
    const isOnRecord = [...state.queue.changes.values()].some(
      (change) => change.task === task.task.id && change.conflict !== null,
    );
    const look = isOnRecord
      ? { command: `copse resolve ${id}`, purpose: 'the merge in progress, to be resolved' }
      : {
          command: `git -C ${shellWord(workspace.path)} status`,
          purpose: 'where the conflict can be resolved',
        };
    return [look, retry, diff, skip];
  }
  if ((progress.kind === 'needs-person' || progress.kind === 'failed') && progress.cause === 'review') {
    const look = { command: `copse review ${id}`, purpose: 'rounds, scores and findings' };
    const accept = { command: `copse review ${id} --accept`, purpose: 'take the work as it is' };
    return [look, diff, retry, accept];
  }
  if (progress.kind === 'needs-person' && progress.cause === 'workspace') return [fresh, retry, skip];
  if (progress.kind === 'failed' && (progress.cause === 'setup' || progress.cause === 'environment')) {
    return [{ command: 'copse doctor', purpose: 'what this machine lacks' }, logs, retry];
  }
  return task.attempts.length === 0 ? [retry, skip] : [logs, diff, retry, fresh];
}

function changeProblem(change: ChangeState, state: RunState): ProblemView {
  const ejection = change.state.kind === 'ejected' ? change.state : null;
  const because = ejection?.because ?? 'withdrawn';
  const red = ejection?.red ?? null;
  const log = red === null ? undefined : state.queue.builds.get(red)?.redLogs.at(-1);
  const branch = shellWord(change.branch);
  return {
    code: `branch-${because}`,
    severity: because === 'conflict' ? 'waiting' : 'error',
    change: change.id,
    title: `branch ${change.branch} was not landed`,
    what: ejection?.detail ?? '',
    why: conflictWhy(change, state) ?? evidenceOf(change),
    state: [
      `branch ${change.branch} is untouched${change.head === null ? '' : ` at ${shortId(change.head)}`}`,
      targetLine(state),
    ],
    next: [
      ...(because === 'conflict' && change.conflict !== null
        ? [{ command: `copse resolve ${branch}`, purpose: 'the merge in progress, to be resolved' }]
        : []),
      { command: `git diff ${shellWord(state.target)}...${branch}`, purpose: 'what it changes' },
      {
        command: `copse merge ${branch} --into ${shellWord(state.target)}`,
        purpose: 'try again after a change',
      },
    ],
    ...(log === undefined ? {} : { log }),
  };
}

function rollbackProblem(view: RollbackView, state: RunState): ProblemView {
  const commit = shortId(view.commit);
  const dependents = view.dependents.map(({ name, reason }) => `${name} builds on it: ${reason}`);
  return {
    code: view.state === 'needs_you' ? 'rollback-conflict' : 'rollback-failed',
    severity: 'waiting',
    change: view.change,
    title: `${view.of} was not rolled back`,
    what: view.evidence ?? '',
    why: view.reason,
    state: [targetLine(state), ...dependents],
    next: [
      { command: `git show -m --first-parent ${commit}`, purpose: 'what it added' },
      ...view.dependents.slice(0, 3).map(({ name }) => ({
        command: `copse rollback ${shellWord(name)}`,
        purpose: 'take back what was built on it first',
      })),
    ],
  };
}

function evidenceOf(change: ChangeState): string {
  if (change.state.kind !== 'ejected') return '';
  const { because, red, green } = change.state;
  if (red !== null)
    return `${red} with it is red, ${green === 'tip' ? 'the target' : (green ?? 'the tree')} without it is green`;
  return because === 'withdrawn' ? 'it was taken out of the queue' : 'it could not be taken in as it is';
}

function heldProblem(state: RunState): ProblemView {
  const { held } = state.queue;
  const checkout = held?.checkout ?? '';
  const names = [...state.queue.changes.values()]
    .filter((change) => isHeld(change, state))
    .map((change) => change.task ?? change.branch);
  return {
    code: 'landing-held',
    severity: 'waiting',
    title: `a proven landing is held back: ${names.join(', ')}`,
    what: `${state.target} is checked out at ${checkout} with uncommitted changes`,
    why: heldReason(state),
    state: [
      `the proven commit ${shortId(held?.to ?? '')} is kept`,
      'nothing in the checkout was touched',
      targetLine(state),
    ],
    next: [
      { command: `git -C ${shellWord(checkout)} status`, purpose: 'what is uncommitted; commit or stash it' },
      { command: 'copse run', purpose: 'lands it' },
    ],
  };
}

function closedProblem(state: RunState): ProblemView {
  return {
    code: 'target-rewritten',
    severity: 'error',
    title: `${state.target} is no longer the branch this run began with`,
    what: `${state.target} was rewritten or deleted by someone else, or could not be moved`,
    why: 'what was proven was proven on the commits that were there before',
    state: [`last commit known of ${state.target}: ${state.queue.tip}`, 'every branch and worktree is kept'],
    next: [
      { command: `git log --oneline -5 ${shellWord(state.target)}`, purpose: 'where it is now' },
      { command: 'copse run', purpose: 'a new run on it' },
    ],
  };
}

function endProblem(state: RunState): ProblemView {
  const verdict = state.bisect?.verdict;
  return {
    code: 'end-gates-red',
    severity: 'error',
    title: 'the gates at the end of the run failed',
    what: `the gates meant for the end of the run failed on ${shortId(state.queue.tip)}${state.endRed.length === 0 ? '' : `: ${state.endRed.join(', ')}`}`,
    why:
      verdict === undefined || verdict === null
        ? 'they run once, on everything that landed together'
        : `${state.target} ${culpritText(verdict, state)}`,
    state: [targetLine(state)],
    next: [
      ...(verdict?.kind === 'culprit'
        ? [
            {
              command: `copse rollback ${shellWord(nameOf(verdict.change, state))}`,
              purpose: 'take it back, through the queue',
            },
          ]
        : []),
      { command: 'copse verify --merged', purpose: 'run them again' },
    ],
  };
}
