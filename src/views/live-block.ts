/** The few lines below the story of a run that are painted over and over: what needs a person, what works, what lands. */
import { displayWidth } from '../kit/display-width.ts';
import { cell, clean, cut, dot, hueOf, shortAge, symbolOf, tint } from './paint.ts';
import type { Paint } from './paint.ts';
import type { StatusView, TaskView } from './status-view.ts';
import { branchRows } from './branch-rows.ts';
import { ZONES, markOf } from './vocabulary.ts';
import type { Zone } from './vocabulary.ts';

const LIVE_ZONES: readonly Zone[] = ['needs_you', 'working', 'landing'];

/**
 * At most a third of `rows`, and at least one line; each narrower than the screen, since a line that fills it makes some
 * terminals wrap and the block could then not be painted over.
 */
export function liveBlock(
  view: StatusView,
  nowMs: number,
  screen: { readonly rows: number },
  paint: Paint,
): readonly string[] {
  const room = Math.max(1, Math.floor(screen.rows / 3));
  const columns = Math.max(10, paint.columns - 1);
  const summary = summaryLine(view, columns, paint);
  const live = view.tasks
    .filter((task) => LIVE_ZONES.includes(markOf(task.status).zone))
    .toSorted((a, b) => rank(a) - rank(b) || a.since.localeCompare(b.since));
  const idColumns = Math.min(
    Math.max(4, ...live.map((task) => displayWidth(task.id))),
    Math.floor(columns / 4),
  );
  const rows =
    view.tasks.length === 0
      ? branchRows({ ...view.queue, landed: [] }, columns, paint)
      : live.map((task) => row(task, idColumns, nowMs, columns, paint));
  if (room === 1 || rows.length === 0) return [summary];
  if (rows.length <= room - 1) return [...rows, summary];
  const shown = rows.slice(0, Math.max(0, room - 2));
  return [...shown, tint(`  +${rows.length - shown.length} more`, 'dim', paint), summary];
}

function rank(task: TaskView): number {
  return LIVE_ZONES.indexOf(markOf(task.status).zone);
}

function row(task: TaskView, idColumns: number, nowMs: number, columns: number, paint: Paint): string {
  const age = cell(shortAge(nowMs - Date.parse(task.since)), 4, paint, 'right');
  const status = tint(cell(task.status.replace('_', ' '), 9, paint), hueOf(task.status), paint);
  const left = `${symbolOf(task.status, paint)} ${cell(task.id, idColumns, paint)} ${status} ${tint(age, 'dim', paint)}`;
  const room = columns - (2 + idColumns + 1 + 9 + 1 + 4 + 2);
  return room < 4 ? left : `${left}  ${cut(clean(task.reason, paint), room, paint)}`;
}

function summaryLine(view: StatusView, columns: number, paint: Paint): string {
  const { counts } = view;
  const inZone = (zone: Zone): number =>
    view.tasks.filter((task) => markOf(task.status).zone === zone).length;
  const done = counts.landed + counts.verified;
  const parts = ZONES.flatMap((zone) => {
    const count = inZone(zone);
    if (zone === 'done' || count === 0) return [];
    return [`${count} ${zone === 'needs_you' ? (count === 1 ? 'needs you' : 'need you') : zone}`];
  });
  const total = counts.total === 0 ? `${view.queue.landed.length} landed` : `${done}/${counts.total} done`;
  return tint(cut([total, ...parts].join(dot(paint)), columns, paint), 'bold', paint);
}
