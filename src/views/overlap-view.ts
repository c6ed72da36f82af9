/** Conflicts noticed while work is being done, as people and programs read them. */
import { displayWidth, wrapTo } from '../kit/display-width.ts';
import { formatDuration } from '../kit/duration.ts';
import type { OverlapEvent } from '../core/run/events.ts';
import { liveOverlaps, type Overlap } from '../core/run/overlaps.ts';
import type { RunState } from '../core/run/state.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { clean, cut, shortAge, tint } from './paint.ts';
import type { Paint } from './paint.ts';
import { counted, listed, timeOf } from './words.ts';

/** One conflict of two tasks (`a`, `b`), or of a task and what is on the target (`a`, `target`). */
export interface OverlapView {
  readonly a: string;
  readonly b?: string;
  readonly target?: string;
  /** In conflict, as git names them; at most 20, `file_count` is the true number. */
  readonly files: readonly string[];
  readonly file_count: number;
  readonly since: string;
  /** The command that takes the target in, where the plan offers it (`merge.update: offer`). */
  readonly next?: string;
}

/** As `OverlapView`; `gone` is absent while it lasts. */
export interface NoticedView extends OverlapView {
  readonly gone?: string;
  /** clean: they merge again · ended: one of the two has landed or ended. */
  readonly gone_because?: 'clean' | 'ended';
}

export function overlapViews(state: RunState): readonly OverlapView[] {
  return liveOverlaps(state).map((overlap) => overlapView(overlap, state));
}

/** All that were noticed, oldest first. */
export function noticedViews(state: RunState): readonly NoticedView[] {
  return [...state.overlaps.values()]
    .toSorted((x, y) => x.sinceMs - y.sinceMs)
    .map((overlap) => ({
      ...overlapView(overlap, state),
      ...(overlap.goneAtMs === null ? {} : { gone: timeOf(overlap.goneAtMs) }),
      ...(overlap.goneBecause === null ? {} : { gone_because: overlap.goneBecause }),
    }));
}

function overlapView({ a, b, files, fileCount, sinceMs }: Overlap, state: RunState): OverlapView {
  return {
    a,
    ...(b === null ? { target: state.target } : { b }),
    files,
    file_count: fileCount,
    since: timeOf(sinceMs),
    ...(b === null && state.plan.merge.update === 'offer' ? { next: `copse update ${a}` } : {}),
  };
}

export function overlapBody(event: OverlapEvent) {
  if (event.kind === 'overlap.expected')
    return { type: event.kind, pairs: event.pairs.map((pair) => ({ ...pair })), dropped: event.dropped };
  const pair = { a: event.a, ...(event.b === null ? {} : { b: event.b }) };
  if (event.kind === 'overlap.gone') return { type: event.kind, ...pair, because: event.because };
  const { tips, files, fileCount } = event;
  return { type: event.kind, ...pair, tips, files, file_count: fileCount };
}

export function narrateOverlap(event: OverlapEvent, state: RunState): Narration {
  if (event.kind === 'overlap.expected') return narrateExpected(event, state);
  const other = event.b ?? state.target;
  if (event.kind === 'overlap.seen')
    return say(
      0,
      'warn',
      `${event.a}  conflicts with ${other} as it is now: ${filesText(event.files, event.fileCount)}`,
    );
  return event.because === 'ended'
    ? say(2, 'info', `${event.a}  conflicts with ${other} no more: one of the two has landed or ended`)
    : say(0, 'info', `${event.a}  merges with ${other} again`);
}

/** With `serialize` it is why some will wait; with `warn` it is the warning. */
function narrateExpected(
  { pairs, dropped }: Extract<OverlapEvent, { kind: 'overlap.expected' }>,
  state: RunState,
): Narration {
  const shown = pairs.slice(0, 3).map(({ a, b, file, chance }) => {
    const where = file === null ? '' : `${file}, `;
    return `${a} and ${b} (${where}${Math.round(chance * 100)} %)`;
  });
  const more = pairs.length + dropped - shown.length;
  const text = `${shown.join(', ')}${more > 0 ? ` and ${counted(more, 'more pair')}` : ''}`;
  return state.plan.conflicts.onOverlap === 'serialize'
    ? say(1, 'info', `likely to meet, so one after the other: ${text}`)
    : say(0, 'warn', `likely to change the same files: ${text}; copse conflicts shows all`);
}

export function filesText(files: readonly string[], count: number): string {
  const shown = files.slice(0, 3);
  return count > shown.length ? `${shown.join(', ')} and ${count - shown.length} more` : listed(shown);
}

/** `src/users.ts; for 3m, then merged again`. */
export function noticedText(one: NoticedView): string {
  const files = filesText(one.files, one.file_count);
  if (one.gone === undefined) return `${files}; not settled`;
  const lasted = formatDuration(Math.max(0, Date.parse(one.gone) - Date.parse(one.since)));
  const end = one.gone_because === 'clean' ? 'then merged again' : 'until one of the two landed or ended';
  return `${files}; for ${lasted}, ${end}`;
}

/** `ui × api  2m  src/users.ts and 3 more`, below a heading; nothing when there are none. */
export function overlapRows(
  overlaps: readonly OverlapView[],
  options: { readonly nowMs: number; readonly mostRows: number },
  paint: Paint,
): readonly string[] {
  if (overlaps.length === 0) return [];
  const rows = overlaps.slice(0, options.mostRows).flatMap((overlap) => {
    const age = shortAge(options.nowMs - Date.parse(overlap.since));
    const head = `  ${pairText(overlap, paint)}  ${age}  `;
    const row = wrappedRow(head, filesText(overlap.files, overlap.file_count), paint);
    return overlap.next === undefined
      ? row
      : [...row, cut(`      to take it in: ${overlap.next}`, paint.columns, paint)];
  });
  const more = overlaps.length - options.mostRows;
  return [
    '',
    tint(`CONFLICT AS THEY ARE NOW (${overlaps.length})`, 'yellow', paint),
    ...rows,
    ...(more > 0 ? [tint(`  +${more} more`, 'dim', paint)] : []),
  ];
}

/** The names of the two, and what is on the target by its branch. */
export function pairText(overlap: OverlapView, paint: Paint): string {
  return `${clean(overlap.a, paint)} ${paint.ascii ? 'x' : '×'} ${clean(overlap.b ?? overlap.target ?? '', paint)}`;
}

/** Beside the head where that leaves room for words, else below it. */
function wrappedRow(head: string, text: string, paint: Paint): readonly string[] {
  const room = paint.columns - displayWidth(head);
  const words = clean(text, paint);
  if (displayWidth(words) <= room) return [`${head}${words}`];
  const below = wrapTo(words, Math.max(10, paint.columns - 6)).slice(0, 3);
  return [
    cut(head.trimEnd(), paint.columns, paint),
    ...below.map((line) => `      ${cut(line, Math.max(4, paint.columns - 6), paint)}`),
  ];
}
