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

const PRIORITY_WORDS = ['critical', 'high', 'medium', 'low', 'lowest'];

/** 0 (critical) to 4 (lowest), as a number or as its word. */
export function priorityWord(text: string): 0 | 1 | 2 | 3 | 4 {
  const value = /^[0-4]$/.test(text) ? Number(text) : PRIORITY_WORDS.indexOf(text);
  if (value < 0)
    throw new TypeError(`expected 0 to 4 or ${PRIORITY_WORDS.join(', ')}, not ${JSON.stringify(text)}`);
  return value as 0 | 1 | 2 | 3 | 4;
}

const SEVERITY_WORDS = ['blocker', 'major', 'minor', 'nit'] as const;

/** How bad a finding is. */
export function severityWord(text: string): (typeof SEVERITY_WORDS)[number] {
  const word = SEVERITY_WORDS.find((one) => one === text);
  if (word === undefined)
    throw new TypeError(`expected ${SEVERITY_WORDS.join(', ')}, not ${JSON.stringify(text)}`);
  return word;
}
