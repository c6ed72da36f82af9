/** `copse cost` for people: a table by task, one by agent, one by phase of the work, and what was thrown away. */
import { formatDuration } from '../kit/duration.ts';
import { displayWidth } from '../kit/display-width.ts';
import type { CostRow, CostView } from './cost-view.ts';
import { moneyText, shortCount } from './usage-view.ts';

const HEAD = ['', 'turns', 'input', 'cache read', 'cache write', 'output', 'cost', 'time'];

export function costText(cost: CostView, wish: { readonly attempts: boolean }): readonly string[] {
  const rows: (readonly string[])[] = [HEAD];
  for (const one of cost.by_task) rows.push(cells(one.task, one));
  rows.push([], ...cost.by_agent.map((one) => cells(`agent ${one.agent}`, one)));
  if (cost.by_phase.length > 1)
    rows.push([], ...cost.by_phase.map((one) => cells(`phase ${one.phase}`, one)));
  if (wish.attempts)
    rows.push(
      [],
      ...cost.by_attempt.map((one) => cells(`${one.attempt} ${one.agent} ${one.verdict ?? 'at work'}`, one)),
    );
  rows.push([], cells('all', cost.total));
  if (cost.thrown_away.turns > 0) rows.push(cells('thrown away', cost.thrown_away));
  const lines = table(rows);
  const notes = [
    ...(cost.total.estimated ? ['estimated: worked out from list prices or from prices of the plan'] : []),
    ...(cost.total.partial ? ['not every turn told what it used: the true figures are higher'] : []),
  ];
  return notes.length === 0 ? lines : [...lines, '', ...notes];
}

function cells(name: string, row: CostRow): readonly string[] {
  const count = (value: number | null): string => (value === null ? '?' : shortCount(value));
  return [
    name,
    String(row.turns),
    count(row.input_tokens),
    count(row.cache_read_tokens),
    count(row.cache_write_tokens),
    count(row.output_tokens),
    row.usd === null ? '?' : moneyText(row.usd, row.estimated),
    formatDuration(row.duration_ms),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        return column === 0 ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}
