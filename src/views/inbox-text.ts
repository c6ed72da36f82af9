/** The inbox for people: what is asked, since when, and the commands that answer it. */
import { displayWidth, wrapTo } from '../kit/display-width.ts';
import type { InboxItemView, InboxView } from './inbox-view.ts';
import { cell, clean, cut, shortAge, tint } from './paint.ts';
import type { Paint } from './paint.ts';
import { counted } from './words.ts';

/** Lines that what is asked may take in the list; `inbox next` shows it whole. */
const WHAT_LINES = 3;
const INDENT = 2;

/** Lines of at most `paint.columns`, but for commands, which are never broken. */
export function inboxText(view: InboxView, nowMs: number, paint: Paint): readonly string[] {
  const { items } = view;
  if (items.length === 0) return ['nothing waits for a person'];
  const lines = [tint(`${counted(items.length, 'item')}, oldest first`, 'bold', paint)];
  for (const item of items)
    lines.push('', ...itemRows(item, nowMs, WHAT_LINES, paint), ...nextRows(item, 1, paint));
  return lines;
}

/** One item whole, with everything that may be done about it. */
export function itemText(item: InboxItemView, nowMs: number, paint: Paint): readonly string[] {
  const lines = [...itemRows(item, nowMs, Number.POSITIVE_INFINITY, paint)];
  const { permission, approval, deadline } = item;
  const more: (readonly [string, string])[] = [];
  if (permission !== undefined && permission.title !== '') more.push(['title', permission.title]);
  if (permission !== undefined && permission.input !== '') more.push(['input', permission.input]);
  if (permission !== undefined && permission.paths.length > 0)
    more.push(['paths', permission.paths.join(', ')]);
  if (approval?.branch !== undefined) more.push(['branch', approval.branch]);
  if (approval !== undefined) more.push(['commit', approval.head]);
  for (const { by, at } of approval?.given ?? []) more.push(['yes', `${by}, ${at}`]);
  if (deadline !== undefined) more.push(['until', `${deadline}, then it is denied`]);
  for (const [name, value] of more) lines.push(...field(name, value, paint));
  return [...lines, '', ...nextRows(item, Number.POSITIVE_INFINITY, paint)];
}

/** `api.1.q1  permission  4m  api`, and what is asked below. */
function itemRows(item: InboxItemView, nowMs: number, most: number, paint: Paint): readonly string[] {
  const age = shortAge(nowMs - Date.parse(item.since));
  const kind = item.kind === 'escalation' ? item.cause : item.kind;
  const about = item.task ?? item.change;
  const room = Math.max(10, paint.columns - kind.length - age.length - 6);
  const head = [
    tint('!', 'yellow', paint),
    tint(cut(clean(item.id, paint), room, paint), 'bold', paint),
    tint(clean(kind, paint), 'yellow', paint),
    tint(age, 'dim', paint),
  ].join(' ');
  const named = about === undefined || item.id.startsWith(about) ? '' : ` (${about})`;
  const wrapped = wrapTo(clean(`${item.what}${named}`, paint), Math.max(20, paint.columns - INDENT));
  const shown =
    wrapped.length <= most
      ? wrapped
      : [
          ...wrapped.slice(0, most - 1),
          cut(wrapped.slice(most - 1).join(' '), paint.columns - INDENT, paint),
        ];
  return [head, ...shown.map((line) => ' '.repeat(INDENT) + line)];
}

function nextRows(item: InboxItemView, most: number, paint: Paint): readonly string[] {
  const next = most === 1 ? brief(item) : item.next.slice(0, most);
  const widest = Math.max(0, ...next.map(({ command }) => displayWidth(clean(command, paint))));
  return next.map(({ command, purpose }) => {
    const shown = clean(command, paint);
    const gap = ' '.repeat(widest - displayWidth(shown) + 3);
    const isWide = displayWidth(purpose) > paint.columns - INDENT - 2 - widest - 3;
    const text = isWide
      ? tint(shown, 'bold', paint)
      : `${tint(shown, 'bold', paint)}${tint(gap + purpose, 'dim', paint)}`;
    return `${' '.repeat(INDENT)}${paint.ascii ? '>' : '↳'} ${text}`;
  });
}

/** In the list: the answers alone. */
function brief({ kind, next }: InboxItemView): InboxItemView['next'] {
  if (kind === 'permission') return next.slice(0, 2);
  return kind === 'approval' ? [...next.slice(0, 1), ...next.slice(2, 3)] : next.slice(0, 1);
}

function field(name: string, value: string, paint: Paint): readonly string[] {
  const lines = wrapTo(clean(value, paint), Math.max(20, paint.columns - 10));
  return lines.map(
    (line, index) => `  ${tint(cell(index === 0 ? name : '', 7, paint), 'dim', paint)} ${line}`,
  );
}
