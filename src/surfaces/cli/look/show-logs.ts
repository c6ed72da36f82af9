/** `logs` and `diff`: what one task's agent or gate printed, and what the task changed. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { RunState, TaskState } from '../../../core/run/state.ts';
import type { TaskId } from '../../../core/ids.ts';
import { loadLatest } from '../../../engine/load-latest.ts';
import { Failure } from '../../../kit/failure.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import type { Place } from '../place.ts';
import { ownTask, type Session, withSession, withStore } from '../session.ts';
import { attemptRunDir } from '../state-paths.ts';
import type { StreamFormat } from '../../../core/agents/formats.ts';
import { openAgentStream } from '../../../formats/agent-streams/open-stream.ts';
import { AgentLines } from '../../../views/agent-lines.ts';
import type { StorePort } from '../../../ports/store.ts';

export interface LogsWish {
  readonly task: string | null;
  readonly follow: boolean;
  readonly attempt: number | null;
  readonly gate: string | null;
  /** Bytes as they are, for another program; else control characters are removed. */
  readonly raw: boolean;
}

const CHUNK_BYTES = 64 * 1024;
const FOLLOW_MS = 200;

export async function showLogs(context: Context, wish: LogsWish): Promise<number> {
  const done = await withStore(context, async (store, place) => {
    let state = await requireState(store);
    let task = taskOf(state, place, wish.task);
    while (wish.follow && wish.gate === null && mayStillStart(state, task) && !context.out.closed.aborted) {
      await new Promise((resolve) => {
        setTimeout(resolve, FOLLOW_MS);
      });
      state = await requireState(store);
      task = taskOf(state, place, wish.task);
    }
    const file =
      wish.gate === null ? attemptFile(state, task, place, wish) : gateFile(task, place, wish.gate);
    context.out.detail(1, file);
    const isOver = async (): Promise<boolean> => !(await isAtWork(store, task));
    const output = wish.gate === null && !wish.raw ? outputOf(state, task, wish) : 'text';
    await printFile(context, file, { ...wish, output }, isOver);
    return EXIT.done;
  });
  if (done === null)
    throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
  return done;
}

/** A follower of a task without an attempt waits for the first. */
function mayStillStart(state: RunState, task: TaskState): boolean {
  return state.life.kind !== 'finished' && task.attempts.length === 0;
}

async function requireState(store: StorePort): Promise<RunState> {
  const state = await loadLatest(store);
  if (state === null)
    throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
  return state;
}

function taskOf(state: RunState, place: Place, wanted: string | null): TaskState {
  const id = wanted ?? ownTask(state, place);
  if (id === null) throw new Failure('usage-task', 'which task?', { hint: 'copse status' });
  const task = state.tasks.get(id as TaskId);
  if (task !== undefined) return task;
  const known = [...state.tasks.keys()].slice(0, 8).join(', ');
  throw new Failure('task-unknown', `${state.id} has no task ${id}; it has ${known || 'none'}`);
}

function attemptFile(state: RunState, task: TaskState, place: Place, wish: LogsWish): string {
  const { attempts } = task;
  const id = wish.attempt === null ? attempts.at(-1) : attempts[wish.attempt - 1];
  const has = attempts.length === 0 ? 'had no attempt yet' : `had ${attempts.length} attempts`;
  if (id === undefined)
    throw new Failure('usage-attempt', `${task.task.id} ${has}`, { hint: 'copse status' });
  return join(place.state, attemptRunDir(state.id, id), 'log');
}

function gateFile(task: TaskState, place: Place, name: string): string {
  const result = task.gates.findLast((gate) => gate.gate === name);
  const known = [...new Set(task.gates.map((gate) => gate.gate))].join(', ') || 'none so far';
  if (result === undefined)
    throw new Failure('usage-gate', `no result of gate ${name} for ${task.task.id}; there are: ${known}`);
  if (result.logPath === null) throw new Failure('usage-gate', `gate ${name} left no log: ${result.reason}`);
  const path = isAbsolute(result.logPath) ? result.logPath : join(place.state, result.logPath);
  return existsSync(path) && statSync(path).isDirectory() ? join(path, 'log') : path;
}

async function isAtWork(store: StorePort, task: TaskState): Promise<boolean> {
  const state = await loadLatest(store);
  return state?.tasks.get(task.task.id)?.progress.kind === 'working';
}

async function printFile(
  { out }: Context,
  file: string,
  wish: LogsWish & { readonly output: StreamFormat },
  isOver: () => Promise<boolean>,
): Promise<void> {
  let offset = 0;
  const decoder = new TextDecoder('utf-8');
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const shown = wish.output === 'text' ? null : readable(wish.output);
  for (;;) {
    // Asked before reading: what was written until then is still printed.
    const over = !wish.follow || (await isOver());
    const descriptor = existsSync(file) ? openSync(file, 'r') : null;
    if (descriptor === null && over) throw new Failure('environment-log', `there is no log at ${file}`);
    try {
      while (!out.closed.aborted) {
        const read = descriptor === null ? 0 : readSync(descriptor, buffer, 0, CHUNK_BYTES, offset);
        if (read === 0) break;
        offset += read;
        const chunk = buffer.subarray(0, read);
        if (wish.raw) out.bytes(chunk);
        else {
          const text = decoder.decode(chunk, { stream: true });
          out.raw(shown === null ? text : shown.push(text));
        }
      }
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
    if (over || out.closed.aborted) {
      if (shown !== null) out.raw(shown.end());
      return;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, FOLLOW_MS);
    });
  }
}

/** The language of the client that an attempt was done with; `text` where none is known. */
function outputOf(state: RunState, task: TaskState, wish: LogsWish): StreamFormat {
  const id = wish.attempt === null ? task.attempts.at(-1) : task.attempts[wish.attempt - 1];
  const agent = id === undefined ? undefined : state.plan.agents[state.attempts.get(id)?.agent ?? ''];
  return agent?.kind === 'command' ? (agent.client?.output ?? 'text') : 'text';
}

function readable(format: Exclude<StreamFormat, 'text'>): { push(text: string): string; end(): string } {
  const stream = openAgentStream(format);
  const lines = new AgentLines(format);
  return {
    push: (text) => lines.push(stream.push(text)),
    end: () => lines.push(stream.end()) + lines.end(),
  };
}

/** A diff longer than this is for git to show. */
const MAX_DIFF_BYTES = 32 * 1024 * 1024;

export function showDiff(context: Context, wanted: string | null): Promise<number> {
  return withSession(context, async (session: Session) => {
    const { deps, place } = session;
    const { out } = context;
    const state = await requireState(deps.store);
    const task = taskOf(state, place, wanted);
    const { workspace } = task;
    const tip = task.head ?? (workspace === null ? null : await deps.git.branchTip(workspace.branch));
    if (tip === null)
      throw new Failure('usage-diff', `${task.task.id} has no branch yet`, { hint: 'copse status' });
    const from = (await deps.git.mergeBase(state.base, tip)) ?? workspace?.base ?? state.base;
    const text = await deps.git.diff(from, tip, MAX_DIFF_BYTES);
    if (out.json) out.envelope('diff', { task: task.task.id, from, to: tip, diff: text });
    else out.raw(text);
    if (text === '') out.note(`${task.task.id} changed nothing so far`);
    return EXIT.done;
  });
}
