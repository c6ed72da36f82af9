/** Signs of life of a supervised process, for people who look: nothing here changes anything. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { STILL_MS, type VitalSigns } from '../../core/agents/condition.ts';
import type { AbsolutePath } from '../../core/ids.ts';
import { parseStat } from './identity.ts';
import { logProgress, readLogPiece } from './log-reader.ts';
import { readFolderState } from './sighting.ts';
import { changeSince } from './supervisor/activity.ts';

/** Newest output that is read for what the agent said last. */
const TAIL_BYTES = 128 * 1024;
/** How long its processes are watched. */
const WATCH_MS = 200;
/** Entries of the worktree that are looked at; a larger one is judged by its first part. */
const ENTRIES_MAX = 20_000;

export interface LookedAt {
  readonly signs: VitalSigns;
  /** The end of its output, from the beginning of a line. */
  readonly tail: string;
}

/** null when nothing runs there. What costs time is looked at only where the output has been still for a minute. */
export async function lookAtProcess(
  runDir: AbsolutePath,
  worktree: AbsolutePath,
  nowMs: number,
): Promise<LookedAt | null> {
  const state = readFolderState(runDir);
  if (state.kind !== 'running') return null;
  const { totalBytes, changedAtMs } = logProgress(runDir);
  const outputAgeMs = Math.max(0, nowMs - Math.max(changedAtMs, state.startedAtMs));
  const from = Math.max(0, totalBytes - TAIL_BYTES);
  const { text } = readLogPiece(runDir, from, TAIL_BYTES);
  const tail = from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  if (outputAgeMs < STILL_MS) return { signs: { outputAgeMs, filesAgeMs: null, cpu: 'unknown' }, tail };
  const [changed, cpu] = await Promise.all([
    changeSince(worktree, nowMs - outputAgeMs, ENTRIES_MAX),
    processorUse(state.pid),
  ]);
  return {
    signs: { outputAgeMs, filesAgeMs: changed === null ? null : Math.max(0, nowMs - changed), cpu },
    tail,
  };
}

/** Of the process and whatever is in its group or session. */
async function processorUse(pid: number): Promise<VitalSigns['cpu']> {
  if (process.platform !== 'linux') return 'unknown';
  const before = ticksOf(pid);
  await delay(WATCH_MS);
  const after = ticksOf(pid);
  if (before === null || after === null) return 'unknown';
  return after > before ? 'busy' : 'idle';
}

/** Clock ticks that the living members have used; null when the table cannot be read. */
function ticksOf(pid: number): number | null {
  let sum = 0;
  try {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const text = statText(entry);
      const row = text === null ? null : parseStat(text);
      if (row === null || (row.group !== pid && row.session !== pid)) continue;
      const fields = (text ?? '').slice((text ?? '').lastIndexOf(')') + 2).split(' ');
      // utime and stime, fields 14 and 15 of proc(5), counted from the state.
      sum += Number(fields[11]) + Number(fields[12]);
    }
    return sum;
  } catch {
    return null;
  }
}

function statText(pid: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
}
