/** One process of a reviewer: started, or found again after a crash, waited for and read. */
import type { TurnFacts } from '../../core/agents/turns.ts';
import type { AbsolutePath, RepoPath } from '../../core/ids.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import type { ReviewAsk } from '../../core/review/next-ask.ts';
import { reviewBrief, reviewPrompt } from '../../core/review/text.ts';
import type { Step } from '../../core/run/steps.ts';
import type { ProcessExit } from '../../ports/processes.ts';
import { isLeaderEnd } from '../cancel.ts';
import type { ActContext } from '../deps.ts';
import { markerOf, processFolder, under } from '../paths.ts';
import { commandEnvironment } from './environment.ts';
import { readAll } from './read-stream.ts';
import type { ReviewSubject } from './review-subject.ts';
import { logTail } from './run-command.ts';
import { timeoutOf } from './start-attempt.ts';
import { requireTask } from './workspace-spec.ts';

const LOG_CAP = { headBytes: 16_000_000, tailBytes: 48_000_000 };
const STOP_LADDER = { interruptMs: 10_000, terminateMs: 5_000 };
const REVIEWER_NICENESS = 5;
/** Of the output of a client whose language is not read, looked at for the verdict. */
const ANSWER_TAIL_BYTES = 400_000;

export interface ReviewTurn {
  /** null when nobody wanted it any more; its process is gone then. */
  readonly exit: ProcessExit | null;
  readonly facts: TurnFacts;
  /** Where its answer may stand, the likeliest place first. */
  readonly answers: readonly string[];
  /** What it changed in its checkout. */
  readonly wrote: readonly RepoPath[];
  readonly log: string;
}

interface Place {
  readonly step: Extract<Step, { kind: 'run-review' }>;
  readonly context: ActContext;
}

export async function takeReviewTurn(
  agent: AgentSpec,
  subject: ReviewSubject,
  ask: ReviewAsk,
  { step, context }: Place,
): Promise<ReviewTurn> {
  const { deps, state, intent } = context;
  const folder = folderOf(context);
  const log = processFolder(folder, `ask-${ask.number}`);
  const runDir = under(deps.paths.state, log);
  const answerFile = under(deps.paths.state, `${folder}/answer-${ask.number}.json`);
  const nothing: ReviewTurn = {
    exit: null,
    facts: { agent: agent.name, durationMs: 0, stream: null },
    answers: [],
    wrote: [],
    log,
  };
  if ((await deps.processes.look(runDir)).kind === 'absent') {
    // Also between two questions: what it wrote since is gone.
    const target = { branch: state.target, tip: state.queue.tip };
    const checkout = await deps.git.checkoutSlot(step.slot, step.head, target);
    if (context.signal.aborted) return nothing;
    const files = { runDir, answerFile, folder };
    await start(agent, { ask, subject, checkout, files }, { step, context });
  }
  const exit = await ended(runDir, context);
  await deps.processes.sweep({ marker: markerOf(state.id, `review-${intent}`), cwd: null });
  const wrote = await deps.git.slotWrites(step.slot, step.head);
  const { stream, answers } = await read(agent, runDir, answerFile, context);
  const durationMs = exit === null ? 0 : Math.max(0, exit.endedAtMs - exit.startedAtMs);
  return { exit, facts: { agent: agent.name, durationMs, stream }, answers, wrote, log };
}

function folderOf({ state, intent }: ActContext): string {
  return `runs/${state.id}/reviews/${intent}`;
}

/** Ends whatever still runs of the first `asks` questions of this effect. */
export async function endReviewTurns(asks: number, context: ActContext): Promise<void> {
  const { deps } = context;
  for (let number = 1; number <= asks; number += 1) {
    const runDir = under(deps.paths.state, processFolder(folderOf(context), `ask-${number}`));
    const { kind } = await deps.processes.look(runDir);
    if (kind === 'running' || kind === 'starting') await deps.processes.stop(runDir, STOP_LADDER);
  }
}

interface Starting {
  readonly ask: ReviewAsk;
  readonly subject: ReviewSubject;
  readonly checkout: AbsolutePath;
  readonly files: {
    readonly runDir: AbsolutePath;
    readonly answerFile: AbsolutePath;
    readonly folder: string;
  };
}

async function start(agent: AgentSpec, starting: Starting, { step, context }: Place): Promise<void> {
  const { ask, subject, checkout, files } = starting;
  const { deps, state, intent } = context;
  const task = requireTask(state, step.task);
  const prompt = reviewPrompt(state, task, subject, ask);
  const at = (name: string): AbsolutePath => under(deps.paths.state, `${files.folder}/${name}`);
  const promptFile = at(`prompt-${ask.number}.md`);
  const schemaFile = at('schema.json');
  await deps.files.write(promptFile, prompt);
  await deps.files.write(schemaFile, deps.verdicts.schema);
  // The bridge begins a new conversation by itself where the old one is gone.
  const isBridged = agent.kind === 'command' && agent.acp !== undefined && ask.session !== null;
  const briefFile = isBridged ? at(`brief-${ask.number}.md`) : null;
  if (briefFile !== null) await deps.files.write(briefFile, reviewBrief(state, task, subject));
  const gitDir = under(checkout, '.git');
  const launch = deps.agents.launch({
    agent,
    task: step.task,
    wave: step.wave,
    attempt: `${step.task}.review.${step.wave}.${step.number}.${ask.number}`,
    prompt,
    promptFile,
    worktree: checkout,
    branch: task.workspace?.branch ?? step.task,
    env: commandEnvironment(deps, state.plan, {}, { workspace: checkout, ports: {} }),
    session: ask.session,
    briefFile,
    gitDirs: { own: gitDir, common: gitDir },
    review: {
      schema: deps.verdicts.schema,
      schemaFile,
      answerFile: files.answerFile,
      since: subject.since,
      head: step.head,
      round: step.number,
    },
  });
  await deps.processes.start({
    runDir: files.runDir,
    argv: launch.argv,
    cwd: checkout,
    env: launch.env,
    stdin: launch.stdin,
    activityDir: checkout,
    timeoutMs: timeoutOf(task, state),
    stallMs: task.task.stallMs,
    logCap: LOG_CAP,
    secrets: launch.secrets,
    marker: markerOf(state.id, `review-${intent}`),
    limits: state.plan.limits.perTask,
    niceness: REVIEWER_NICENESS,
  });
}

/** null when it was no longer wanted. Rejects, and leaves the process alone, when only this leader ends. */
async function ended(runDir: AbsolutePath, { deps, signal }: ActContext): Promise<ProcessExit | null> {
  try {
    const exit = await deps.processes.waitForExit(runDir, signal);
    return exit.cause === 'stopped' ? null : exit;
  } catch (error) {
    if (!signal.aborted || isLeaderEnd(signal.reason)) throw error;
    await deps.processes.stop(runDir, STOP_LADDER);
    return null;
  }
}

async function read(
  agent: AgentSpec,
  runDir: AbsolutePath,
  answerFile: AbsolutePath,
  context: ActContext,
): Promise<{ readonly stream: TurnFacts['stream']; readonly answers: readonly string[] }> {
  const { deps } = context;
  const file = await deps.files.read(answerFile);
  const given = file === null ? [] : [file];
  const reading = deps.agents.openStream(agent);
  if (reading === null)
    return { stream: null, answers: [...given, await logTail(context, runDir, ANSWER_TAIL_BYTES)] };
  await readAll(reading, runDir, deps);
  const stream = reading.end();
  return { stream, answers: [...given, ...reading.answers()] };
}
