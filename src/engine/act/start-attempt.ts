/** Starts one agent process in the task's worktree, with a snapshot of what it must not change taken before. */
import { type Conversation, conversationOf } from '../../core/agents/conversation.ts';
import { ledgerTurns, spendingOf } from '../../core/agents/spending.ts';
import type { AbsolutePath } from '../../core/ids.ts';
import { messagesFor } from '../../core/inbox/messages.ts';
import { briefOf, continuationOf } from '../../core/run/brief.ts';
import type { RunState, TaskState } from '../../core/run/state.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { GuardSnapshot } from '../../ports/git.ts';
import { Failure } from '../../kit/failure.ts';
import type { ActContext } from '../deps.ts';
import { attemptFolder, markerOf, processFolder, under } from '../paths.ts';
import { commandEnvironment } from './environment.ts';
import { logTail } from './run-command.ts';
import { requireTask, requireWorkspace } from './workspace-spec.ts';

type Start = Extract<Step, { kind: 'start-attempt' }>;

/** Log kept of one attempt: 64 MB. */
const ATTEMPT_LOG_CAP = { headBytes: 16_000_000, tailBytes: 48_000_000 };
/** Of each failing gate's log, in the next brief. */
const FEEDBACK_TAIL_BYTES = 6_000;
/** Of the work on the branch, shown to a conversation that does not know it. */
const SHOWN_DIFF_BYTES = 60_000;
const LEAST_TIMEOUT_MS = 1_000;
/** Agents yield to the orchestrator and to the person at the keyboard. */
const AGENT_NICENESS = 5;

export async function startAttempt(step: Start, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const task = requireTask(state, step.task);
  const spec = requireWorkspace(state, step.task);
  const agent = state.plan.agents[step.agent];
  if (agent === undefined) throw new Failure('agent-unknown', `the plan defines no agent ${step.agent}`);
  const folder = attemptFolder(state.id, step.attempt);
  const runDir = under(deps.paths.state, processFolder(folder, 'process'));
  const snapshot = await snapshotOnce(context, under(deps.paths.state, `${folder}/snapshot.json`), step);
  const conversation = conversationOf(task, state, step.agent);
  const sighting = await deps.processes.look(runDir);
  if (sighting.kind === 'absent') {
    const prompt = await promptOf(step, context, conversation);
    const promptFile = under(deps.paths.state, `${folder}/prompt.md`);
    await deps.files.write(promptFile, prompt);
    const briefFile = await briefBeside(step, context, conversation);
    const workspace = task.workspace;
    const env = commandEnvironment(
      deps,
      state.plan,
      {},
      { workspace: spec.path, ports: workspace?.ports ?? {} },
    );
    const launch = deps.agents.launch({
      agent,
      task: step.task,
      wave: step.wave,
      attempt: step.attempt,
      prompt,
      promptFile,
      worktree: spec.path,
      branch: spec.branch,
      env,
      session: conversation?.session ?? null,
      briefFile,
      stallMs: task.task.stallMs,
      gitDirs: await deps.git.gitDirs(spec),
    });
    await deps.processes.start({
      runDir,
      argv: launch.argv,
      cwd: spec.path,
      env: launch.env,
      stdin: launch.stdin,
      activityDir: spec.path,
      timeoutMs: timeoutOf(task, state),
      stallMs: task.task.stallMs,
      logCap: ATTEMPT_LOG_CAP,
      secrets: launch.secrets,
      marker: markerOf(state.id, step.attempt),
      limits: state.plan.limits.perTask,
      niceness: AGENT_NICENESS,
    });
  }
  return [
    {
      kind: 'attempt.started',
      intent,
      task: step.task,
      attempt: step.attempt,
      wave: step.wave,
      agent: step.agent,
      snapshot: snapshot.id,
      headBefore: task.head ?? spec.base,
      ...(conversation === null ? {} : { session: conversation.session }),
      ...(step.messages === undefined ? {} : { messages: step.messages }),
    },
  ];
}

/** The whole brief, or what is new for a conversation that goes on. */
async function promptOf(
  step: Start,
  context: ActContext,
  conversation: Conversation | null,
): Promise<string> {
  const { deps, state } = context;
  const task = requireTask(state, step.task);
  const logs = await Promise.all(
    (task.feedback?.logs ?? []).map(async (log) => ({
      name: log.split('/').at(-1) ?? log,
      tail: await logTail(context, under(deps.paths.state, log), FEEDBACK_TAIL_BYTES),
    })),
  );
  const previous = conversation?.previous ?? null;
  const messages = messagesFor(task, state, { upTo: step.messages ?? 0, previous });
  if (previous !== null) return continuationOf(state, task, logs, previous, messages);
  return briefOf(state, task, logs, { agent: step.agent, diff: await diffSoFar(task, context), messages });
}

/** The whole brief, for a client that begins a new conversation by itself when the old one is gone; null: no need. */
async function briefBeside(
  step: Start,
  context: ActContext,
  conversation: Conversation | null,
): Promise<AbsolutePath | null> {
  const { deps, state } = context;
  const agent = state.plan.agents[step.agent];
  if (conversation === null || agent?.kind !== 'command' || agent.acp === undefined) return null;
  const file = under(deps.paths.state, `${attemptFolder(state.id, step.attempt)}/brief.md`);
  await deps.files.write(file, await promptOf(step, context, null));
  return file;
}

/** A new conversation about work that has begun is shown what is there. */
async function diffSoFar(task: TaskState, { deps }: ActContext): Promise<string> {
  const base = task.workspace?.base;
  if (task.attempts.length === 0 || task.head === null || base === undefined || task.head === base) return '';
  return deps.git.diff(base, task.head, SHOWN_DIFF_BYTES);
}

/** An attempt does not outlast what is left of the task's budget of time. */
export function timeoutOf(task: TaskState, state: RunState): number {
  const limit = task.task.budget?.timeMs ?? null;
  if (limit === null || task.task.budget?.onExceed === 'warn') return task.task.timeoutMs;
  const granted = limit * (1 + (state.budgets.get(task.task.id)?.grants ?? 0));
  const left = granted - spendingOf(ledgerTurns(state, task.task.id)).timeMs;
  return Math.max(LEAST_TIMEOUT_MS, Math.min(task.task.timeoutMs, left));
}

/** Taken before the agent runs and found again after a crash: a later one would hold the agent's own doings. */
async function snapshotOnce(
  context: ActContext,
  file: ReturnType<typeof under>,
  step: Start,
): Promise<GuardSnapshot> {
  const { deps, state } = context;
  const known = await deps.files.read(file);
  if (known !== null) return JSON.parse(known) as GuardSnapshot;
  const snapshot = await deps.git.takeSnapshot(requireWorkspace(state, step.task));
  await deps.files.write(file, JSON.stringify(snapshot));
  return snapshot;
}
