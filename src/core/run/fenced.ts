export interface FeedbackLog {
  readonly name: string;
  readonly tail: string;
}

/** A fence longer than any run of backticks in the text, so that output cannot end it. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
