/** Who may run at the same time, and why two may not. */
import type { Cell } from './matrix.ts';
import type { Subject } from './matrix.ts';

export interface Rivalry {
  readonly a: string;
  readonly b: string;
  readonly because: string;
}

export interface IndependentSets {
  /** Every subject is in one set; members of a set may run together. */
  readonly sets: readonly (readonly string[])[];
  readonly rivals: readonly Rivalry[];
}

/** From here on two that are still being worked on are expected to meet: just below what one file named by both gives. */
export const LIKELY = 0.45;

/**
 * Few sets, not always the fewest: greedy, those with most rivals first. A pair whose merge conflicts now is apart; so are
 * two that go on when their declared scopes meet or they likely change a common file.
 */
export function independentSets(subjects: readonly Subject[], cells: readonly Cell[]): IndependentSets {
  const goingOn = new Map(subjects.map(({ id, isGoingOn }) => [id, isGoingOn]));
  const rivals = cells.flatMap((cell) => {
    const because = reasonApart(cell, (goingOn.get(cell.a) ?? false) && (goingOn.get(cell.b) ?? false));
    return because === null ? [] : [{ a: cell.a, b: cell.b, because }];
  });
  const against = new Map<string, Set<string>>(subjects.map(({ id }) => [id, new Set()]));
  for (const { a, b } of rivals) {
    against.get(a)?.add(b);
    against.get(b)?.add(a);
  }
  const degree = (id: string): number => against.get(id)?.size ?? 0;
  const sets: string[][] = [];
  for (const { id } of subjects.toSorted((x, y) => degree(y.id) - degree(x.id))) {
    const home = sets.find((set) => !set.some((member) => against.get(id)?.has(member)));
    if (home === undefined) sets.push([id]);
    else home.push(id);
  }
  const place = new Map(subjects.map(({ id }, at) => [id, at]));
  const byPlace = (x: string, y: string): number => (place.get(x) ?? 0) - (place.get(y) ?? 0);
  return { sets: sets.map((set) => set.toSorted(byPlace)), rivals };
}

function reasonApart(cell: Cell, bothGoOn: boolean): string | null {
  if (cell.result === 'conflict') return cell.because;
  if (!bothGoOn) return null;
  if (cell.scopesMeet || cell.overlap >= LIKELY) return cell.because;
  return null;
}
