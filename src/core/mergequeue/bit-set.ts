/** Sets of small whole numbers as 32-bit words; every function treats its arguments as read only unless it says so. */
export type Bits = Uint32Array;

export function emptyBits(capacity: number): Bits {
  return new Uint32Array(Math.max(1, (capacity + 31) >>> 5));
}

/** Changes `bits`. */
export function addBit(bits: Bits, index: number): void {
  bits[index >>> 5] = wordAt(bits, index >>> 5) | (1 << (index & 31));
}

export function hasBit(bits: Bits, index: number): boolean {
  return ((wordAt(bits, index >>> 5) >>> (index & 31)) & 1) === 1;
}

export function isSubset(inner: Bits, outer: Bits): boolean {
  for (let at = 0; at < inner.length; at++) if ((wordAt(inner, at) & ~wordAt(outer, at)) !== 0) return false;
  return true;
}

export function isSameSet(a: Bits, b: Bits): boolean {
  for (let at = 0; at < a.length; at++) if (wordAt(a, at) !== wordAt(b, at)) return false;
  return true;
}

/** `a` without `b`. */
export function without(a: Bits, b: Bits): Bits {
  const rest = a.slice();
  for (let at = 0; at < rest.length; at++) rest[at] = wordAt(rest, at) & ~wordAt(b, at);
  return rest;
}

export function union(a: Bits, b: Bits): Bits {
  const both = a.slice();
  for (let at = 0; at < both.length; at++) both[at] = wordAt(both, at) | wordAt(b, at);
  return both;
}

export function countBits(bits: Bits): number {
  let total = 0;
  for (let at = 0; at < bits.length; at++) total += countOnes(wordAt(bits, at));
  return total;
}

/** Number of ones in a 32-bit word. */
export function countOnes(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return (((x + (x >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** The members, rising. */
export function bitsIn(bits: Bits): number[] {
  const found: number[] = [];
  for (let at = 0; at < bits.length; at++) {
    for (let rest = wordAt(bits, at); rest !== 0; rest &= rest - 1)
      found.push((at << 5) + 31 - Math.clz32(rest & -rest));
  }
  return found;
}

function wordAt(bits: Bits, at: number): number {
  return bits[at] ?? 0;
}
