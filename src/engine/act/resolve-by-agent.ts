/**
 * An agent's turn at a conflict. It works in a checkout of our own, with the merge in progress; what counts is the content
 * it leaves there: Copse makes the commit, whose parents are the target and the change. After a crash the same turn is
 * found again in its run folder, and the same content gives the same commit.
 */
import { resolutionBrief, resolutionMessage, resolutionRules } from '../../core/run/resolution-text.ts';
import type { ResolutionOutcome } from '../../core/run/conflict.ts';
import type { TurnFacts } from '../../core/agents/turns.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import type { ChangeState } from '../../core/run/state.ts';
import type { Step } from '../../core/run/steps.ts';
import type { RepoPath } from '../../core/ids.ts';
import type { OpenedResolution, ResolutionSpec } from '../../ports/git-resolution.ts';
import type { ProcessExit } from '../../ports/processes.ts';
import { Failure } from '../../kit/failure.ts';
import { isLeaderEnd } from '../cancel.ts';
import type { ActContext } from '../deps.ts';
import { markerOf, processFolder, under } from '../paths.ts';
import { resolutionRef, resolutionSpec } from '../resolution.ts';
import { commandEnvironment } from './environment.ts';
import { readStreamOf } from './read-stream.ts';
import { logTail } from './run-command.ts';

type Resolve = Extract<Step, { kind: 'resolve-conflict' }>;

const LOG_CAP = { headBytes: 16_000_000, tailBytes: 48_000_000 };
const FEEDBACK_TAIL_BYTES = 6_000;
const AGENT_NICENESS = 5;
const STOP_LADDER = { interruptMs: 10_000, terminateMs: 5_000 };
/** Of a branch that no task stands for. */
const DEFAULT_TIMEOUT_MS = 60 * 60_000;
const DEFAULT_STALL_MS = 10 * 60_000;

export async function resolveByAgent(
  step: Resolve,
  change: ChangeState,
  context: ActContext,
): Promise<ResolutionOutcome> {
  const { deps, state, intent } = context;
  const { conflict } = change;
  const agent = step.agent === null ? undefined : state.plan.agents[step.agent];
  if (agent === undefined || conflict === null)
    throw new Failure('agent-unknown', `the plan defines no agent ${step.agent ?? '?'}`);
  const spec = resolutionSpec(deps, state, change, { ours: step.onto, theirs: step.head });
  const folder = `runs/${state.id}/resolutions/${intent}`;
  const keepRef = resolutionRef(state, change, intent);
  const runDir = under(deps.paths.state, processFolder(folder, 'process'));
  const isStarted = (await deps.processes.look(runDir)).kind !== 'absent';
  if (!isStarted) await clear(step, change, context, spec);
  const opened = await deps.git.openResolution(spec);
  const exit = await takeTurn(change, { context, agent, spec, opened, folder });
  const files = opened.files;
  const log = processFolder(folder, 'process');
  const turn: TurnFacts = {
    agent: agent.name,
    durationMs: exit === null ? 0 : Math.max(0, exit.endedAtMs - exit.startedAtMs),
    stream: await readStreamOf(agent, runDir, context),
  };
  const none = (outcome: 'unresolved' | 'cancelled', detail: string): ResolutionOutcome => ({
    outcome,
    head: null,
    tree: null,
    files,
    detail,
    log,
    turn,
  });
  const message = resolutionMessage(state, change, conflict, { stage: 'agent', agent: agent.name, by: null });
  // Kept whatever the verdict: what an agent wrote is never lost.
  const made = await deps.git.readResolution(spec, { keepRef, message, dateMs: step.dateMs });
  if (exit === null) return none('cancelled', 'it was stopped on request');
  if (made.kind === 'missing') return none('unresolved', `${agent.name} removed its checkout`);
  const fault = faultOf(exit, made, agent.name);
  if (fault !== null) return none('unresolved', fault);
  const { commit, tree } = made;
  return {
    outcome: 'resolved',
    head: commit,
    tree,
    files,
    detail: `${agent.name} resolved ${named(files)}`,
    log,
    turn,
  };
}

/** A turn begins with the merge as git left it: what was done in the checkout before is kept under a ref. */
async function clear(
  step: Resolve,
  change: ChangeState,
  { deps, state, intent }: ActContext,
  spec: ResolutionSpec,
): Promise<void> {
  const keepRef = `${resolutionRef(state, change, intent)}-before`;
  const message = `Before another turn at ${change.branch}\n`;
  const before = await deps.git.readResolution(spec, { keepRef, message, dateMs: step.dateMs });
  if (before.kind === 'read' && !before.isUntouched) await deps.git.closeResolution(spec.name);
}

interface Turn {
  readonly context: ActContext;
  readonly agent: AgentSpec;
  readonly spec: ResolutionSpec;
  readonly opened: OpenedResolution;
  readonly folder: string;
}

/** null when the turn was no longer wanted; its process is gone then. */
async function takeTurn(change: ChangeState, turn: Turn): Promise<ProcessExit | null> {
  const { context, folder } = turn;
  const { deps, state } = context;
  const runDir = under(deps.paths.state, processFolder(folder, 'process'));
  const marker = markerOf(state.id, `resolve-${context.intent}`);
  if ((await deps.processes.look(runDir)).kind === 'absent') await start(change, turn, runDir, marker);
  let exit: ProcessExit | null;
  try {
    exit = await deps.processes.waitForExit(runDir, context.signal);
  } catch (error) {
    if (!context.signal.aborted || isLeaderEnd(context.signal.reason)) throw error;
    await deps.processes.stop(runDir, STOP_LADDER);
    exit = null;
  }
  await deps.processes.sweep({ marker, cwd: turn.opened.path });
  return exit?.cause === 'stopped' ? null : exit;
}

async function start(
  change: ChangeState,
  { context, agent, spec, opened, folder }: Turn,
  runDir: ReturnType<typeof under>,
  marker: string,
): Promise<void> {
  const { deps, state } = context;
  const { copy, link } = state.plan.workspace;
  if (copy.length + link.length > 0) {
    const at = { task: spec.name, branch: spec.branch, path: opened.path, base: spec.ours };
    await deps.git.shareFiles({ ...at, isolation: 'clone' }, { copy, link });
  }
  const earlier = (change.conflict?.tries ?? []).flatMap((one) => one.logs).slice(-3);
  const logs = await Promise.all(
    earlier.map(async (name) => ({
      name: name.split('/').slice(-2).join('/'),
      tail: await logTail(context, under(deps.paths.state, name), FEEDBACK_TAIL_BYTES),
    })),
  );
  const prompt = `${resolutionBrief(state, change, logs)}\n${resolutionRules(state, change, agent.instructions)}`;
  const promptFile = under(deps.paths.state, `${folder}/prompt.md`);
  await deps.files.write(promptFile, prompt);
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  const env = commandEnvironment(deps, state.plan, {}, { workspace: opened.path, ports: {} });
  const tries = (change.conflict?.tries ?? []).filter((one) => one.stage === 'agent').length;
  // A clone of its own: everything of git is in it.
  const gitDir = under(opened.path, '.git');
  const launch = deps.agents.launch({
    agent,
    task: change.task ?? change.branch,
    wave: task?.wave ?? 1,
    attempt: `${change.task ?? 'resolve'}.resolve.${tries + 1}`,
    prompt,
    promptFile,
    worktree: opened.path,
    branch: spec.branch,
    env,
    gitDirs: { own: gitDir, common: gitDir },
  });
  await deps.processes.start({
    runDir,
    argv: launch.argv,
    cwd: opened.path,
    env: launch.env,
    stdin: launch.stdin,
    activityDir: opened.path,
    timeoutMs: task?.task.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    stallMs: task?.task.stallMs ?? DEFAULT_STALL_MS,
    logCap: LOG_CAP,
    secrets: launch.secrets,
    marker,
    limits: state.plan.limits.perTask,
    niceness: AGENT_NICENESS,
  });
}

/** Why what the agent left is not taken; its words and its exit code 0 prove nothing. */
function faultOf(
  exit: ProcessExit,
  made: {
    readonly markers: readonly RepoPath[];
    readonly outside: readonly RepoPath[];
    readonly isUntouched: boolean;
  },
  agent: string,
): string | null {
  if (exit.cause !== 'exited' || exit.code !== 0)
    return `${agent} ended with ${exit.cause === 'exited' ? `exit ${exit.code ?? exit.signal ?? '?'}` : exit.cause}`;
  if (made.markers.length > 0) return `${agent} left conflict markers in ${named(made.markers)}`;
  if (made.outside.length > 0) return `${agent} changed what was not in conflict: ${named(made.outside)}`;
  return made.isUntouched ? `${agent} changed nothing` : null;
}

function named(files: readonly RepoPath[]): string {
  return `${files.slice(0, 3).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`;
}
