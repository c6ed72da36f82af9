/** What the terminal can do, and the few ways text is put on it. Everything from outside goes through `clean` or `cell`. */
import { padTo, truncateTo } from '../kit/display-width.ts';
import { printable } from '../kit/printable.ts';
import { markOf } from './vocabulary.ts';
import type { Status, Zone } from './vocabulary.ts';

export interface Paint {
  readonly columns: number;
  readonly colour: boolean;
  /** The locale cannot show anything but ASCII. */
  readonly ascii: boolean;
}

export type Hue = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

const SGR: Readonly<Record<Hue, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  magenta: 35,
};

const ZONE_HUES: Readonly<Record<Zone, Hue>> = {
  needs_you: 'yellow',
  working: 'cyan',
  waiting: 'dim',
  landing: 'magenta',
  done: 'green',
};

/** Colours text that is on the line already; takes no columns. */
export function tint(text: string, hue: Hue, paint: Paint): string {
  return paint.colour && text !== '' ? `\u001b[${SGR[hue]}m${text}\u001b[0m` : text;
}

/** One printable line of any width. */
export function clean(text: string, paint: Paint): string {
  const shown = printable(text);
  return paint.ascii ? toAscii(shown) : shown;
}

/** Exactly `columns` wide: cut with a mark, or padded. */
export function cell(text: string, columns: number, paint: Paint, side: 'left' | 'right' = 'left'): string {
  return padTo(cut(clean(text, paint), columns, paint), columns, side);
}

/** At most `columns` wide. `text` is printable already. */
export function cut(text: string, columns: number, paint: Paint): string {
  return truncateTo(text, columns, paint.ascii ? '~' : '…');
}

export function symbolOf(status: Status, paint: Paint): string {
  const mark = markOf(status);
  return tint(paint.ascii ? mark.ascii : mark.symbol, hueOf(status), paint);
}

export function hueOf(status: Status): Hue {
  if (status === 'failed') return 'red';
  if (status === 'skipped' || status === 'stopped') return 'dim';
  return ZONE_HUES[markOf(status).zone];
}

/** Between the parts of a heading. */
export function dot(paint: Paint): string {
  return paint.ascii ? ' | ' : ' · ';
}

/** One unit: `12s`, `4m`, `2h`, `3d`; at most 4 columns below ten thousand days. */
export function shortAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

function toAscii(text: string): string {
  return text
    .replaceAll('…', '...')
    .replaceAll(/[–—]/g, '-')
    .replaceAll(/[^ -~]/gu, '?');
}
