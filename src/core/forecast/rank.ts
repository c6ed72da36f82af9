/** What is smaller comes first: compared number by number. */
export type Rank = readonly [number, number, number];

/** Puts `item` into a line that is sorted by rank. */
export function insertByRank(line: number[], item: number, rank: (item: number) => Rank): void {
  const own = rank(item);
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareRanks(rank(line[middle] ?? 0), own) <= 0) low = middle + 1;
    else high = middle;
  }
  line.splice(low, 0, item);
}

/** Negative when `a` comes first. */
export function compareRanks(a: Rank, b: Rank): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
