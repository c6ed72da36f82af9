/** Values of options, read strictly. A `TypeError` becomes a usage error with its message. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 10_000)
    throw new TypeError(`expected a whole number from 1 to 10000, not ${JSON.stringify(text)}`);
  return value;
}

/** For options that may be given several times. */
export function collected(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
