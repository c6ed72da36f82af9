/** Which changes touch the same areas. `a/**` covers `a/b/c`; a change without scopes may touch anything. */
import type { Bits } from '../bit-set.ts';
import { addBit, emptyBits, hasBit } from '../bit-set.ts';

/** For each list of scopes the positions whose lists overlap it; null stands for "nothing is known: assume none". */
export function overlapsOf(scopeLists: readonly (readonly string[] | null)[]): readonly Bits[] {
  const size = scopeLists.length;
  const holders = new Map<string, number[]>();
  scopeLists.forEach((scopes, position) => {
    for (const scope of scopes ?? []) {
      const area = areaOf(scope);
      holders.set(area, [...(holders.get(area) ?? []), position]);
    }
  });
  const rows = scopeLists.map(() => emptyBits(size));
  const link = (a: number, b: number): void => {
    const [rowA, rowB] = [rows[a], rows[b]];
    if (a === b || rowA === undefined || rowB === undefined) return;
    addBit(rowA, b);
    addBit(rowB, a);
  };
  for (const [area, positions] of holders) {
    const wider = ancestorsOf(area).flatMap((ancestor) => holders.get(ancestor) ?? []);
    for (const a of positions) for (const b of [...positions, ...wider]) link(a, b);
  }
  scopeLists.forEach((scopes, position) => {
    if (scopes?.length !== 0) return;
    scopeLists.forEach((others, other) => {
      if (others !== null) link(position, other);
    });
  });
  return rows;
}

export function doOverlap(rows: readonly Bits[], a: number, b: number): boolean {
  const row = rows[a];
  return row !== undefined && hasBit(row, b);
}

function areaOf(scope: string): string {
  return scope.replace(/\/?\*\*?$/, '');
}

function ancestorsOf(area: string): string[] {
  const found: string[] = area === '' ? [] : [''];
  for (let slash = area.indexOf('/'); slash > 0; slash = area.indexOf('/', slash + 1))
    found.push(area.slice(0, slash));
  return found;
}
