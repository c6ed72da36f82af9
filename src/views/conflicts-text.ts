/** The conflict matrix for people: a triangle where it fits, and below it every pair that matters, in words. */
import { displayWidth, wrapTo } from '../kit/display-width.ts';
import type { ConflictPairView, ConflictsView } from './conflicts-view.ts';
import { cell, clean, cut, dot, tint } from './paint.ts';
import type { Hue, Paint } from './paint.ts';
import { shortId } from './words.ts';

/** Pairs told in words; more are counted. */
const MOST_PAIRS = 40;
/** Lines of a reason. */
const MOST_LINES = 3;
const MAX_LABEL = 24;

interface Mark {
  readonly symbol: string;
  readonly ascii: string;
  readonly hue: Hue;
}

const CONFLICT: Mark = { symbol: '✗', ascii: 'x', hue: 'red' };
const CLEAN: Mark = { symbol: '✓', ascii: '=', hue: 'green' };
const APART: Mark = { symbol: '·', ascii: '.', hue: 'dim' };
/** By chance of a common file, from the floor given. */
const SHADES: readonly (readonly [number, Mark])[] = [
  [0.8, { symbol: '█', ascii: '#', hue: 'yellow' }],
  [0.5, { symbol: '▓', ascii: '*', hue: 'yellow' }],
  [0.2, { symbol: '▒', ascii: '+', hue: 'yellow' }],
  [0.005, { symbol: '░', ascii: '-', hue: 'dim' }],
];

/** Lines of at most `paint.columns`. */
export function conflictsText(view: ConflictsView, paint: Paint): readonly string[] {
  if (view.pairs.length === 0) return ['nothing to compare: fewer than two tasks or branches'];
  const lines = [headline(view, paint), '', ...matrix(view, paint)];
  const told = view.pairs.filter(isWorthTelling).toSorted(byWeight);
  for (const pair of told.slice(0, MOST_PAIRS)) lines.push(...pairLines(pair, paint));
  if (told.length > MOST_PAIRS) lines.push(`  +${told.length - MOST_PAIRS} more (--json tells all)`);
  if (told.length > 0) lines.push('');
  lines.push(...setLines(view, paint));
  for (const note of view.notes) lines.push(...wrapped(note, '! ', paint));
  return lines;
}

/** ` 1  id  because`, one a line or wrapped below. */
export function orderText(view: ConflictsView, paint: Paint): readonly string[] {
  if (view.order.length === 0) return ['nothing to order'];
  const wide = Math.max(...view.order.map(({ id }) => displayWidth(clean(id, paint))));
  const label = Math.min(wide, MAX_LABEL, Math.floor(paint.columns / 3));
  const count = String(view.order.length).length;
  return view.order.flatMap(({ id, because }, at) => {
    const head = `${String(at + 1).padStart(count)}  ${cell(id, label, paint)}  `;
    const room = Math.max(10, paint.columns - displayWidth(head));
    const [first = '', ...rest] = wrapTo(clean(because, paint), room);
    return [`${head}${first}`, ...rest.map((line) => `${' '.repeat(displayWidth(head))}${line}`)];
  });
}

function headline(view: ConflictsView, paint: Paint): string {
  const count = (result: ConflictPairView['result']): number =>
    view.pairs.filter((pair) => pair.result === result).length;
  const parts = [
    `${view.subjects.length} on ${shortId(view.onto)}`,
    `${count('conflict')} conflict`,
    `${count('clean')} clean`,
    `${count('unknown')} unknown`,
  ];
  return cut(parts.join(dot(paint)), paint.columns, paint);
}

/** Nothing when it does not fit: the list below says the same. */
function matrix(view: ConflictsView, paint: Paint): readonly string[] {
  const ids = view.subjects.map(({ id }) => id);
  const wide = String(ids.length).length;
  const label = Math.min(MAX_LABEL, Math.max(...ids.map((id) => displayWidth(clean(id, paint)))));
  const column = wide + 1;
  if (wide + 1 + label + column * (ids.length - 1) > paint.columns) return [];
  const marks = new Map(view.pairs.map((pair) => [`${pair.a}\n${pair.b}`, markOf(pair)]));
  const rows = ids.map((id, row) => {
    const cells = ids.slice(0, row).map((other) => {
      const mark = marks.get(`${other}\n${id}`) ?? APART;
      return `${' '.repeat(wide)}${tint(paint.ascii ? mark.ascii : mark.symbol, mark.hue, paint)}`;
    });
    return `${String(row + 1).padStart(wide)} ${cell(id, label, paint)}${cells.join('')}`.trimEnd();
  });
  const numbers = ids.slice(0, -1).map((_, at) => String(at + 1).padStart(column));
  return [`${' '.repeat(wide + label + 1)}${numbers.join('')}`, ...rows, ...legend(paint), ''];
}

function legend(paint: Paint): readonly string[] {
  const show = (mark: Mark): string => (paint.ascii ? mark.ascii : mark.symbol);
  const shades = SHADES.map(([, mark]) => show(mark)).toReversed();
  const text = [
    `${show(CONFLICT)} conflict`,
    `${show(CLEAN)} clean merge`,
    `${show(APART)} nothing in common`,
    `${shades.join('')} may meet: <20 <50 <80 >80 %`,
  ];
  return wrapTo(text.join('  '), paint.columns).map((line) => tint(line, 'dim', paint));
}

function markOf(pair: ConflictPairView): Mark {
  if (pair.result === 'conflict') return CONFLICT;
  if (pair.result === 'clean') return pair.origin.includes('trial') ? CLEAN : APART;
  return SHADES.find(([floor]) => pair.overlap >= floor)?.[1] ?? APART;
}

function isWorthTelling(pair: ConflictPairView): boolean {
  return (
    pair.result === 'conflict' || pair.overlap >= 0.005 || (pair.result === 'clean' && markOf(pair) === CLEAN)
  );
}

function byWeight(x: ConflictPairView, y: ConflictPairView): number {
  const weight = (pair: ConflictPairView): number =>
    pair.result === 'conflict' ? 2 : pair.result === 'unknown' ? pair.overlap : pair.overlap - 2;
  return weight(y) - weight(x);
}

function pairLines(pair: ConflictPairView, paint: Paint): readonly string[] {
  const mark = markOf(pair);
  const word = pair.result === 'unknown' ? `may meet ${Math.round(pair.overlap * 100)} %` : pair.result;
  const origin = pair.origin.length === 0 ? '' : ` (${pair.origin.join(', ')})`;
  const names = `${clean(pair.a, paint)} ${paint.ascii ? 'x' : '×'} ${clean(pair.b, paint)}`;
  const head = cut(`${names}: ${word}${origin}`, paint.columns - 2, paint);
  const sign = tint(paint.ascii ? mark.ascii : mark.symbol, mark.hue, paint);
  return [`${sign} ${head}`, ...wrapped(pair.because, '    ', paint)];
}

function setLines(view: ConflictsView, paint: Paint): readonly string[] {
  const lines = view.together.flatMap((set, at) =>
    wrapped(set.join(', '), at === 0 ? 'together: ' : '      or: ', paint),
  );
  const order = view.order.map(({ id }) => id).join(paint.ascii ? ' > ' : ' › ');
  return [...lines, ...wrapped(order, '   order: ', paint)];
}

/** `text` behind `lead`, at most `MOST_LINES` lines, all but the first indented as far. */
function wrapped(text: string, lead: string, paint: Paint): readonly string[] {
  const room = Math.max(20, paint.columns - lead.length);
  const lines = wrapTo(clean(text, paint), room);
  const kept =
    lines.length <= MOST_LINES
      ? lines
      : [...lines.slice(0, MOST_LINES - 1), cut(lines.slice(MOST_LINES - 1).join(' '), room, paint)];
  return kept.map((line, at) => (at === 0 ? lead : ' '.repeat(lead.length)) + line);
}
