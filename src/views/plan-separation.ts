/** Which tasks may work at one time, below the plan. */
import { wrapTo } from '../kit/display-width.ts';
import { clean, cut, tint } from './paint.ts';
import type { Paint } from './paint.ts';

export interface PlanSeparation {
  /** Members of one set may work at one time. */
  readonly together: readonly (readonly string[])[];
  readonly apart: readonly { readonly a: string; readonly b: string; readonly because: string }[];
}

/** Sets and pairs shown; more are counted. */
const MOST_ROWS = 12;
/** Lines of one row. */
const MOST_LINES = 3;

export function separationLines(separation: PlanSeparation, paint: Paint): readonly string[] {
  const { together, apart } = separation;
  if (apart.length === 0) return ['', 'no two tasks are expected to change the same files'];
  const sets = together
    .slice(0, MOST_ROWS)
    .flatMap((set, at) => row(at === 0 ? 'together: ' : '      or: ', set.join(', '), paint));
  const pairs = apart
    .slice(0, MOST_ROWS)
    .flatMap(({ a, b, because }) => row('   apart: ', `${a} and ${b}: ${because}`, paint));
  const more = Math.max(0, together.length - MOST_ROWS) + Math.max(0, apart.length - MOST_ROWS);
  const rest = more === 0 ? [] : [tint(`  +${more} more (copse conflicts tells all)`, 'dim', paint)];
  return ['', ...sets, ...pairs, ...rest];
}

function row(lead: string, text: string, paint: Paint): readonly string[] {
  const room = Math.max(20, paint.columns - lead.length);
  const lines = wrapTo(clean(text, paint), room);
  const kept =
    lines.length <= MOST_LINES
      ? lines
      : [...lines.slice(0, MOST_LINES - 1), cut(lines.slice(MOST_LINES - 1).join(' '), room, paint)];
  return kept.map((line, at) => (at === 0 ? lead : ' '.repeat(lead.length)) + line);
}
