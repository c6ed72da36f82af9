/** Taking the lead: a control socket first, so that the leader's record says where it can be reached. */
import { lead } from '../../../engine/api.ts';
import type { RunLoop } from '../../../engine/loop.ts';
import { Failure } from '../../../kit/failure.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import type { ControlAnswer, ControlRequest, ControlServer } from '../../../ports/control.ts';
import type { Leadership } from '../../../ports/store.ts';
import type { Session } from '../session.ts';

export interface Lead {
  readonly leadership: Leadership;
  /** From now on requests reach this loop. */
  attach(loop: RunLoop): void;
  /** To be called with every durable change: requests are answered when their facts are in the log. */
  noticeEvents(events: readonly { readonly kind: string }[]): void;
  /** Called when another process asks to drain. */
  onDrain(act: () => void): void;
  close(): Promise<void>;
}

interface Pending {
  readonly facts: Set<string>;
  readonly done: () => void;
}

/** Failure `leader-held` names the one who leads. A machine that allows no socket is led without one. */
export async function takeLead(session: Session, takeover: boolean): Promise<Lead> {
  const { deps, control, context } = session;
  let loop: RunLoop | null = null;
  let drain: () => void = () => {};
  const pending = new Set<Pending>();
  const handle = async (request: ControlRequest): Promise<ControlAnswer> => {
    if (loop === null) return { kind: 'refused', code: 'leader-unreachable', why: 'the leader is starting' };
    switch (request.kind) {
      case 'ping':
        return { kind: 'pong', pid: process.pid, run: loop.state.id };
      case 'drain':
        drain();
        break;
      case 'tell':
        await told(loop, request.facts, pending);
        break;
    }
    return { kind: 'done' };
  };
  let server: ControlServer | null = null;
  try {
    server = await control.serve(handle);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.out.detail(1, `no control socket: ${error.message}`);
  }
  try {
    const leadership = await lead(deps, { address: server?.address ?? null, takeover });
    return {
      leadership,
      attach: (next) => {
        loop = next;
      },
      noticeEvents: (events) => notice(events, pending),
      onDrain: (act) => {
        drain = act;
      },
      close: async () => {
        for (const { done } of pending) done();
        await server?.close();
        await leadership.release();
      },
    };
  } catch (error) {
    await server?.close();
    throw error;
  }
}

/** Resolves when each fact has become an event of the log. */
function told(loop: RunLoop, facts: readonly Fact[], pending: Set<Pending>): Promise<void> {
  checkTasks(loop, facts);
  return new Promise((resolve) => {
    const waiting: Pending = {
      facts: new Set(facts.map(keyOf)),
      done: () => {
        pending.delete(waiting);
        resolve();
      },
    };
    if (facts.length === 0) return resolve();
    pending.add(waiting);
    for (const fact of facts) loop.tell(fact);
  });
}

function checkTasks(loop: RunLoop, facts: readonly Fact[]): void {
  for (const fact of facts) {
    if (
      fact.kind !== 'task.added' &&
      'task' in fact &&
      fact.task !== null &&
      !loop.state.tasks.has(fact.task)
    )
      throw new Failure('task-unknown', `there is no task ${fact.task} in this run`);
  }
}

function notice(events: readonly { readonly kind: string }[], pending: Set<Pending>): void {
  if (pending.size === 0) return;
  const keys = events.map(keyOf);
  for (const waiting of pending) {
    for (const key of keys) waiting.facts.delete(key);
    if (waiting.facts.size === 0) waiting.done();
  }
}

/** A fact and the event made of it have the same key: all but the time. */
function keyOf(fact: object): string {
  const entries = Object.entries(fact).filter(([name]) => name !== 'atMs');
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
