/** Runs a loop to its end with everything around it: lead, control socket, signals, narration, status mirror. */
import type { TaskId } from '../../../core/ids.ts';
import type { RunState } from '../../../core/run/state.ts';
import type { Observer } from '../../../engine/deps.ts';
import type { RunLoop } from '../../../engine/loop.ts';
import type { Leadership } from '../../../ports/store.ts';
import type { Session } from '../session.ts';
import { openAudience } from './audience.ts';
import { listenForInterrupts } from './interrupts.ts';
import { takeLead } from './lead.ts';
import { openStatusMirror } from './status-mirror.ts';

/** Written as who stopped a task when Ctrl-C did: such a task goes on when the run is resumed. */
export const INTERRUPTED_BY = 'Ctrl-C';

export interface DriveEnd {
  readonly kind: 'finished' | 'drained';
  readonly state: RunState;
  /** 130 or 143 when a signal ended it. */
  readonly signalCode: number | null;
  /** Place of the last event in the log. */
  readonly lastSeq: number;
}

export interface DriveOptions {
  readonly takeover: boolean;
  /** With `--json`: `events` prints each event, `silent` leaves standard output to one answer at the end. */
  readonly json?: 'events' | 'silent';
}

export type Begin = (leadership: Leadership, observer: Observer) => Promise<RunLoop>;

/** Leads until the loop `begin` gives has ended. Failures of the engine pass through, after everything was let go. */
export async function driveRun(session: Session, begin: Begin, options: DriveOptions): Promise<DriveEnd> {
  const { deps, context, place } = session;
  const { out } = context;
  const lead = await takeLead(session, options.takeover);
  const audience = openAudience(out, {
    now: () => deps.clock.now(),
    firstSeq: (await deps.store.lastSeq()) + 1,
    records: out.json && options.json !== 'silent',
  });
  const mirror = openStatusMirror(place.state, () => deps.clock.now());
  let loop: RunLoop | null = null;
  let isStopping = false;
  const interrupts = listenForInterrupts({
    drain: () => loop?.drain(),
    stopAgents: () => {
      isStopping = true;
      if (loop !== null) stopWorking(loop, loop.state);
    },
    leave: (code) => {
      out.live?.end();
      process.exit(code);
    },
    say: (how) =>
      out.problem(
        how === 'draining'
          ? 'Ctrl-C: nothing new is started, agents finish their turn. Again: stop them. To go on later: copse run'
          : 'stopping the agents; their work so far is kept. Again: leave at once. To go on later: copse run',
      ),
  });
  try {
    const observer: Observer = ({ events, state }) => {
      audience.hear(events, state);
      mirror.update(state);
      lead.noticeEvents(events);
      // An agent whose start was under way when the word came is stopped as soon as it runs.
      if (isStopping && loop !== null) stopWorking(loop, state);
    };
    loop = await begin(lead.leadership, observer);
    const running = loop;
    lead.onDrain(() => running.drain());
    lead.attach(running);
    if (interrupts.exitCode() !== null) running.drain();
    const end = await running.run();
    mirror.update(end.state);
    const lastSeq = await deps.store.lastSeq();
    return { kind: end.kind, state: end.state, signalCode: interrupts.exitCode(), lastSeq };
  } finally {
    interrupts.release();
    audience.close();
    mirror.close();
    await lead.close();
  }
}

function stopWorking(loop: RunLoop, state: RunState): void {
  for (const task of state.tasks.values()) {
    if (task.progress.kind === 'working' && task.stopRequested === null) {
      loop.tell({ kind: 'task.stop_requested', task: task.task.id, by: INTERRUPTED_BY });
    }
  }
}

/** Tasks that only a Ctrl-C stopped: they were not meant to end. */
export function interruptedTasks(state: RunState): readonly TaskId[] {
  return [...state.tasks.values()]
    .filter(({ progress }) => progress.kind === 'stopped' && progress.by === INTERRUPTED_BY)
    .map((task) => task.task.id);
}
