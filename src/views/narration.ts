/** One line of the story of a run. */

export type NarrationMark = 'done' | 'info' | 'warn' | 'fail' | 'busy';

export interface Narration {
  readonly level: 0 | 1 | 2;
  readonly mark: NarrationMark;
  readonly text: string;
}

export function say(level: 0 | 1 | 2, mark: NarrationMark, text: string): Narration {
  return { level, mark, text };
}
