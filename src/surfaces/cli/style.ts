/** Colours of the terminal, or none. A style is a function from text to text. */

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly magenta: (text: string) => string;
}

const plain = (text: string): string => text;

export const PLAIN: Style = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  blue: plain,
  cyan: plain,
  magenta: plain,
};

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

export const COLOURED: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  blue: sgr(34, 39),
  cyan: sgr(36, 39),
  magenta: sgr(35, 39),
};

/** The sequences of `COLOURED`, the only ones that may pass to a terminal. */
// oxlint-disable-next-line no-control-regex
export const OWN_SEQUENCE = /(\u001b\[(?:[012]|22|3[1-69])m)/g;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The flag decides, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM, and last whether it is a terminal. */
export function wantsColor(
  flag: 'auto' | 'always' | 'never',
  isTerminal: boolean,
  env: Environment,
): boolean {
  if (flag !== 'auto') return flag === 'always';
  if (isSet(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (isSet(env['CLICOLOR_FORCE']) && env['CLICOLOR_FORCE'] !== '0') return true;
  return isTerminal && env['TERM'] !== 'dumb' && env['CLICOLOR'] !== '0';
}

/** Lines drawn twice: only on a terminal that can, for a person who watches. */
export function wantsMotion(isTerminal: boolean, env: Environment): boolean {
  return isTerminal && env['TERM'] !== 'dumb' && !isSet(env['CI']);
}

/** Symbols beyond ASCII: only where the locale says UTF-8. */
export function wantsUnicode(env: Environment): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
