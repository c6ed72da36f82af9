/** A line of the story as the terminal shows it. */
import { clean, tint } from './paint.ts';
import type { Hue, Paint } from './paint.ts';
import type { Narration, NarrationMark } from './narration.ts';

const MARKS: Readonly<Record<NarrationMark, { symbol: string; ascii: string; hue: Hue }>> = {
  done: { symbol: '✓', ascii: '+', hue: 'green' },
  info: { symbol: '·', ascii: '-', hue: 'dim' },
  warn: { symbol: '!', ascii: '!', hue: 'yellow' },
  fail: { symbol: '✗', ascii: 'x', hue: 'red' },
  busy: { symbol: '●', ascii: '*', hue: 'cyan' },
};

/** One line of any length, never cut: it goes into the scrollback and into files. */
export function narrationLine({ mark, text }: Narration, paint: Paint): string {
  const { symbol, ascii, hue } = MARKS[mark];
  return `${tint(paint.ascii ? ascii : symbol, hue, paint)} ${clean(text, paint)}`;
}
