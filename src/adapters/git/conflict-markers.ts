const OPEN = /^<{7}(?: |\r?$)/;
const MIDDLE = /^={7}\r?$/;
const CLOSE = /^>{7}(?: |\r?$)/;

/** True when lines that `after` has and `before` has not hold all three markers: text about markers is left alone. */
export function addsConflictMarkers(before: string, after: string): boolean {
  const known = new Map<string, number>();
  for (const line of before.split('\n')) known.set(line, (known.get(line) ?? 0) + 1);
  const seen = { open: false, middle: false, close: false };
  for (const line of after.split('\n')) {
    const left = known.get(line) ?? 0;
    if (left > 0) {
      known.set(line, left - 1);
      continue;
    }
    seen.open ||= OPEN.test(line);
    seen.middle ||= MIDDLE.test(line);
    seen.close ||= CLOSE.test(line);
  }
  return seen.open && seen.middle && seen.close;
}
