/** Who is told what a run does: a person line by line with a live block below, or a program event by event. */
import type { RunEvent } from '../../../core/run/events.ts';
import type { RunState } from '../../../core/run/state.ts';
import { eventView } from '../../../views/event-view.ts';
import { liveBlock } from '../../../views/live-block.ts';
import { narrate } from '../../../views/narrate.ts';
import { narrationLine } from '../../../views/narration-text.ts';
import { statusView } from '../../../views/status-view.ts';
import type { Out } from '../writer.ts';

export interface Audience {
  hear(events: readonly RunEvent[], state: RunState): void;
  close(): void;
}

/** Ages in the live block move by the second. */
const TICK_MS = 1_000;

export interface AudienceOptions {
  readonly now: () => number;
  /** Place of the first event in the log; events are numbered from there. */
  readonly firstSeq: number;
  /** A program reads: every event as one line of JSON. */
  readonly records: boolean;
}

export function openAudience(out: Out, { now, firstSeq, records }: AudienceOptions): Audience {
  let seq = firstSeq;
  let latest: RunState | null = null;
  const ticker = out.live === null ? null : setInterval(() => out.live?.refresh(), TICK_MS).unref();
  const live = (): readonly string[] => {
    if (latest === null) return [];
    const nowMs = now();
    const view = statusView(latest, { nowMs, isLed: true, eta: null });
    return liveBlock(view, nowMs, { rows: out.noteRows }, out.notePaint);
  };
  return {
    hear: (events, state) => {
      const isFirst = latest === null;
      latest = state;
      for (const event of events) {
        announceTo(event, state, out);
        if (records) out.record(eventView(event, seq));
        else tell(event, state, out);
        seq += 1;
      }
      if (state.life.kind === 'finished') out.live?.end();
      else if (isFirst) out.live?.show(live);
      else out.live?.refresh();
    },
    close: () => {
      if (ticker !== null) clearInterval(ticker);
      out.live?.end();
    },
  };
}

function tell(event: RunEvent, state: RunState, out: Out): void {
  const line = narrate(event, state);
  if (line === null) return;
  const text = narrationLine(line, out.notePaint);
  if (line.level === 0) out.note(text);
  else out.detail(line.level, text);
}

/** With the intention, so that it is told once: a restart makes no second one. */
function announceTo(event: RunEvent, state: RunState, out: Out): void {
  if (event.kind !== 'intended' || event.step.kind !== 'notify') return;
  const { channel, notice } = event.step;
  if (state.plan.notify?.[channel]?.kind === 'desktop') out.announce(`Copse: ${notice.title}`, notice.text);
}
