/** Ends a `switch` over a union: reaching it is a bug the compiler should have prevented. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** States a fact that only a bug can make false; throws `AssertionError` with `message` otherwise. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}
