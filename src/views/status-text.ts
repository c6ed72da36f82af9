/** The answer of `copse status` for people: one row a task, what needs a person first. */
import { displayWidth, wrapTo } from '../kit/display-width.ts';
import { cell, clean, cut, dot, hueOf, shortAge, symbolOf, tint } from './paint.ts';
import type { Paint } from './paint.ts';
import type { StatusView, TaskView } from './status-view.ts';
import { ZONES, markOf, zoneTitle } from './vocabulary.ts';
import type { Zone } from './vocabulary.ts';
import { branchRows } from './branch-rows.ts';
import { overlapRows } from './overlap-view.ts';
import { formatDuration } from '../kit/duration.ts';
import { moneyText, shortCount, usageText } from './usage-view.ts';
import { shortId } from './words.ts';

const STATUS_COLUMNS = 9;
const AGE_COLUMNS = 4;
/** Lines that the reason of a task that needs a person may take. */
const REASON_LINES = 3;

export interface StatusTextOptions {
  readonly nowMs: number;
  /** Rows of one zone; more are counted. What needs a person is always listed in full. */
  readonly mostRows: number;
}

/** Lines of at most `paint.columns`. */
export function statusText(view: StatusView, options: StatusTextOptions, paint: Paint): readonly string[] {
  const lines = [headline(view, options.nowMs, paint), ...spendingRows(view, paint)];
  const idColumns = idWidth(view.tasks, paint);
  for (const zone of ZONES) {
    const tasks = view.tasks.filter((task) => markOf(task.status).zone === zone);
    if (tasks.length === 0) continue;
    lines.push('', tint(`${zoneTitle(zone).toUpperCase()} (${tasks.length})`, 'bold', paint));
    const ordered = zone === 'needs_you' ? tasks.toSorted((a, b) => a.since.localeCompare(b.since)) : tasks;
    const shown = zone === 'needs_you' ? ordered : ordered.slice(0, options.mostRows);
    for (const task of shown) lines.push(...taskRows(task, zone, idColumns, options.nowMs, paint));
    if (shown.length < ordered.length)
      lines.push(tint(`  +${ordered.length - shown.length} more`, 'dim', paint));
  }
  lines.push(...overlapRows(view.overlaps, options, paint));
  const branches = view.tasks.length === 0 ? branchRows(view.queue, paint.columns, paint) : [];
  if (branches.length > 0) lines.push('', ...branches);
  if (view.run.state === 'interrupted') lines.push('', cut('to go on: copse run', paint.columns, paint));
  return lines;
}

/** What the run used, against its budget, and accounts that have to wait. */
function spendingRows({ run }: StatusView, paint: Paint): readonly string[] {
  const used = run.usage === undefined ? '' : usageText(run.usage);
  const { budget } = run;
  const most =
    budget === undefined
      ? []
      : [
          ...(budget.usd === undefined ? [] : [moneyText(budget.usd * (1 + budget.grants), false)]),
          ...(budget.tokens === undefined
            ? []
            : [`${shortCount(budget.tokens * (1 + budget.grants))} tokens`]),
          ...(budget.time_ms === undefined ? [] : [formatDuration(budget.time_ms * (1 + budget.grants))]),
        ];
  const limit =
    most.length === 0 ? '' : `budget ${most.join(', ')}${budget?.exceeded === true ? ' passed' : ''}`;
  const rows = [used, limit].filter((part) => part !== '').join(dot(paint));
  const accounts = (run.accounts ?? []).map(({ account, until, reason }) =>
    until === undefined
      ? `account ${account} needs a login: ${reason}`
      : `account ${account} is at its limit until ${until.slice(11, 16)} UTC: ${reason}`,
  );
  return [...(rows === '' ? [] : [rows]), ...accounts].map((row) =>
    cut(clean(row, paint), paint.columns, paint),
  );
}

/** `run-1 · running 12m · main @ 3f2c1aa · 3/7 landed · ETA 15:10..16:40 UTC`. */
export function headline(view: StatusView, nowMs: number, paint: Paint): string {
  const { run, counts } = view;
  const until = run.finished_at === undefined ? nowMs : Date.parse(run.finished_at);
  const life = run.state === 'finished' ? (run.outcome ?? 'finished') : run.state;
  const done = run.merges
    ? `${counts.landed}/${counts.total} landed`
    : `${counts.verified}/${counts.total} verified`;
  const parts = [
    clean(run.id, paint),
    `${life} ${shortAge(until - Date.parse(run.started_at))}`,
    `${clean(run.target.branch, paint)} @ ${shortId(run.target.commit)}`,
    counts.total === 0 ? `${view.queue.landed.length} landed` : done,
    ...etaPart(view),
  ];
  // The last parts matter least: they go before anything is cut.
  while (parts.length > 2 && displayWidth(parts.join(dot(paint))) > paint.columns) parts.pop();
  return cut(parts.join(dot(paint)), paint.columns, paint);
}

function etaPart(view: StatusView): readonly string[] {
  const p50 = view.eta?.p50_at ?? null;
  const p80 = view.eta?.p80_at ?? null;
  return p50 === null || p80 === null ? [] : [`ETA ${p50.slice(11, 16)}..${p80.slice(11, 16)} UTC`];
}

function idWidth(tasks: readonly TaskView[], paint: Paint): number {
  const longest = Math.max(4, ...tasks.map((task) => displayWidth(task.id)));
  return Math.min(longest, Math.max(8, Math.floor(paint.columns / 4)));
}

function taskRows(
  task: TaskView,
  zone: Zone,
  idColumns: number,
  nowMs: number,
  paint: Paint,
): readonly string[] {
  const fixed = 2 + idColumns + 1 + STATUS_COLUMNS + 1 + AGE_COLUMNS + 2;
  const room = Math.max(10, paint.columns - fixed);
  const guess = task.evidence === 'inferred' && zone === 'working' ? ' (not confirmed)' : '';
  const reason = clean(task.reason + guess, paint);
  const [first = '', ...rest] =
    zone === 'needs_you' ? reasonLines(reason, room, paint) : [cut(reason, room, paint)];
  const head = [
    symbolOf(task.status, paint),
    cell(task.id, idColumns, paint),
    tint(cell(task.status.replace('_', ' '), STATUS_COLUMNS, paint), hueOf(task.status), paint),
    tint(cell(shortAge(nowMs - Date.parse(task.since)), AGE_COLUMNS, paint, 'right'), 'dim', paint),
  ].join(' ');
  return [`${head}  ${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(fixed) + line)];
}

function reasonLines(reason: string, room: number, paint: Paint): readonly string[] {
  const lines = wrapTo(reason, room);
  if (lines.length <= REASON_LINES) return lines;
  return [...lines.slice(0, REASON_LINES - 1), cut(lines.slice(REASON_LINES - 1).join(' '), room, paint)];
}
