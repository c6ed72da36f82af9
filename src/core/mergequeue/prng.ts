/** Small repeatable random numbers (sfc32); the state is in the closure, so one stream per use. */
export interface Prng {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** Uniform whole number in [0, below). */
  readonly below: (below: number) => number;
  /** Exponential with mean 1. */
  readonly exponential: () => number;
}

export function prng(seed: number): Prng {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88 ^ (seed >>> 3);
  let c = 0xb7e15162;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return {
    next,
    below: (below) => Math.floor(next() * below),
    exponential: () => -Math.log(1 - next()),
  };
}
