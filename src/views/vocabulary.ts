/** The one set of words for where a task stands, used by JSON, terminal and dashboard alike. */

export const STATUSES = [
  'waiting',
  'ready',
  'preparing',
  'working',
  'verifying',
  'reviewing',
  'fixing',
  'needs_you',
  'idle',
  'queued',
  'landing',
  'landed',
  'verified',
  'failed',
  'stopped',
  'skipped',
  'manual',
] as const;

/** `verified` is the end of a task whose run does not merge; every other word is a stage of the way onto the target. */
export type Status = (typeof STATUSES)[number];

/** Where a status is listed; screens show the zones in this order. */
export const ZONES = ['needs_you', 'working', 'waiting', 'landing', 'done'] as const;
export type Zone = (typeof ZONES)[number];

export type Evidence = 'asserted' | 'inferred';

export interface Mark {
  readonly symbol: string;
  readonly ascii: string;
  readonly zone: Zone;
}

const MARKS: Readonly<Record<Status, Mark>> = {
  waiting: { symbol: '·', ascii: '.', zone: 'waiting' },
  ready: { symbol: '○', ascii: 'o', zone: 'waiting' },
  preparing: { symbol: '◔', ascii: '*', zone: 'working' },
  working: { symbol: '●', ascii: '*', zone: 'working' },
  verifying: { symbol: '◑', ascii: '*', zone: 'working' },
  reviewing: { symbol: '◑', ascii: '*', zone: 'working' },
  fixing: { symbol: '◑', ascii: '*', zone: 'working' },
  needs_you: { symbol: '!', ascii: '!', zone: 'needs_you' },
  idle: { symbol: '?', ascii: '?', zone: 'needs_you' },
  queued: { symbol: '▲', ascii: '^', zone: 'landing' },
  landing: { symbol: '▲', ascii: '^', zone: 'landing' },
  landed: { symbol: '✓', ascii: '+', zone: 'done' },
  verified: { symbol: '✓', ascii: '+', zone: 'done' },
  failed: { symbol: '✗', ascii: 'x', zone: 'needs_you' },
  stopped: { symbol: '■', ascii: '-', zone: 'done' },
  skipped: { symbol: '–', ascii: '-', zone: 'done' },
  manual: { symbol: '☞', ascii: '>', zone: 'working' },
};

export function markOf(status: Status): Mark {
  return MARKS[status];
}

/** `needs_you` as people read it: `needs you`. */
export function zoneTitle(zone: Zone): string {
  return zone.replace('_', ' ');
}
