/** Small pieces of sentences. */
import { formatDuration } from '../kit/duration.ts';

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** `a, b, c and 4 more`. */
export function listed(items: readonly string[], most = 3): string {
  if (items.length <= most) return items.join(', ');
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`;
}

/** First 7 digits of an object id. */
export function shortId(id: string): string {
  return id.slice(0, 7);
}

/** RFC 3339 in UTC; `ms` outside of what a date can hold gives the epoch. */
export function timeOf(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

/** How long ago, for people; a moment in the future (another clock) is `0s`. */
export function ageOf(sinceMs: number, nowMs: number): string {
  const ms = Math.max(0, nowMs - sinceMs);
  return ms < 10_000 ? `${Math.floor(ms / 1_000)}s` : formatDuration(ms);
}

/** `x` as one argument of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
