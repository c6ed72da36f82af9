/** In which order work should land: what others need first, then what conflicts least, then what is small. */
import { CONFLICT_GIVEN_OVERLAP, listed, type Cell } from './matrix.ts';

export interface Lander {
  readonly id: string;
  /** Must land before this one, with the reason; ids outside the list do not count. */
  readonly after: readonly { readonly id: string; readonly because: string }[];
  /** Paths changed; null when nothing is there yet. */
  readonly size: number | null;
}

export interface OrderedLander {
  readonly id: string;
  readonly because: string;
}

/** Each once. Landers in a circle of needs come last but are there, and say so. */
export function mergeOrder(landers: readonly Lander[], cells: readonly Cell[]): readonly OrderedLander[] {
  const costs = costTable(cells);
  const open = new Map(landers.map((lander) => [lander.id, lander]));
  const place = new Map(landers.map(({ id }, at) => [id, at]));
  const ordered: OrderedLander[] = [];
  while (open.size > 0) {
    const rest = [...open.values()];
    const ready = rest.filter(({ after }) => !after.some(({ id }) => open.has(id)));
    const candidates = (ready.length > 0 ? ready : rest).map((lander) => ({
      lander,
      ...standing(lander.id, open, costs),
      landed: ordered.map(({ id }) => id).filter((id) => costs.get(id)?.get(lander.id)?.isConflict === true),
    }));
    const [next] = candidates.toSorted(
      (x, y) =>
        // What meets nothing landed lands clean; what meets something costs a resolution wherever it stands.
        x.landed.length - y.landed.length ||
        x.conflicts.length - y.conflicts.length ||
        Math.round((x.risk - y.risk) * 100) ||
        sizeOf(x.lander) - sizeOf(y.lander) ||
        (place.get(x.lander.id) ?? 0) - (place.get(y.lander.id) ?? 0),
    );
    if (next === undefined) break;
    open.delete(next.lander.id);
    ordered.push({ id: next.lander.id, because: reasonOf(next, ready.length > 0, landers) });
  }
  return ordered;
}

interface Cost {
  readonly isConflict: boolean;
  /** Chance of a conflict. */
  readonly risk: number;
}

interface Standing {
  readonly lander: Lander;
  /** Of those still to land. */
  readonly conflicts: readonly string[];
  /** Conflicts with those that have their place already. */
  readonly landed: readonly string[];
  readonly risk: number;
}

function costTable(cells: readonly Cell[]): ReadonlyMap<string, ReadonlyMap<string, Cost>> {
  const table = new Map<string, Map<string, Cost>>();
  const put = (from: string, to: string, cost: Cost): void => {
    const row = table.get(from) ?? new Map<string, Cost>();
    table.set(from, row.set(to, cost));
  };
  for (const { a, b, result, overlap } of cells) {
    const isConflict = result === 'conflict';
    const cost = {
      isConflict,
      risk: isConflict ? 1 : result === 'clean' ? 0 : overlap * CONFLICT_GIVEN_OVERLAP,
    };
    put(a, b, cost);
    put(b, a, cost);
  }
  return table;
}

function standing(
  id: string,
  open: ReadonlyMap<string, Lander>,
  costs: ReadonlyMap<string, ReadonlyMap<string, Cost>>,
): { readonly conflicts: readonly string[]; readonly risk: number } {
  const conflicts: string[] = [];
  let risk = 0;
  for (const [other, cost] of costs.get(id) ?? []) {
    if (!open.has(other)) continue;
    risk += cost.risk;
    if (cost.isConflict) conflicts.push(other);
  }
  return { conflicts, risk };
}

function sizeOf({ size }: Lander): number {
  return size ?? Number.MAX_SAFE_INTEGER;
}

function reasonOf(
  { lander, conflicts, landed, risk }: Standing,
  isReady: boolean,
  all: readonly Lander[],
): string {
  const known = new Set(all.map(({ id }) => id));
  const needs = lander.after.filter(({ id }) => known.has(id));
  const parts = [
    ...(isReady ? [] : ['part of a circle of needs']),
    ...(needs.length > 0 ? [`after ${listed(needs.map(({ id, because }) => `${id} (${because})`))}`] : []),
    meetings(conflicts, landed, risk),
    lander.size === null ? 'nothing changed yet' : `${lander.size} path${lander.size === 1 ? '' : 's'}`,
  ];
  return parts.join('; ');
}

/** What it meets on the way: those that land later count for its place, those before it are said. */
function meetings(later: readonly string[], before: readonly string[], risk: number): string {
  const parts = [
    ...(later.length > 0 ? [`conflicts with ${listed(later)}, still to land`] : []),
    ...(before.length > 0 ? [`conflicts with ${listed(before)}, landed before`] : []),
  ];
  if (parts.length > 0) return parts.join('; ');
  if (risk >= 0.01) return `may meet the rest (${Math.round(Math.min(1, risk) * 100)} % conflict expected)`;
  return 'conflicts with none';
}
