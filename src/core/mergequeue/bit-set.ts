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
  return inner.every((word, at) => (word & ~wordAt(outer, at)) === 0);
}

export function isSameSet(a: Bits, b: Bits): boolean {
  return a.every((word, at) => word === wordAt(b, at));
}

/** `a` without `b`. */
export function without(a: Bits, b: Bits): Bits {
  return a.map((word, at) => word & ~wordAt(b, at));
}

export function union(a: Bits, b: Bits): Bits {
  return a.map((word, at) => word | wordAt(b, at));
}

export function countBits(bits: Bits): number {
  let total = 0;
  for (const word of bits) total += countOnes(word);
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
  bits.forEach((word, at) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) found.push((at << 5) + 31 - Math.clz32(rest & -rest));
  });
  return found;
}

function wordAt(bits: Bits, at: number): number {
  return bits[at] ?? 0;
}
