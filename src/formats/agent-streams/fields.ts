/** Reading values that nobody has checked: whatever is not of the wished kind is absent. */

export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = {};

/** The map at `name`; an empty one when there is none. */
export function mapAt(from: Fields, name: string): Fields {
  return asMap(from[name]) ?? NONE;
}

export function asMap(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function listAt(from: Fields, name: string): readonly unknown[] {
  const value = from[name];
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function textAt(from: Fields, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = from[name];
    if (typeof value === 'string') return value;
  }
  return null;
}

export function numberAt(from: Fields, ...names: readonly string[]): number | null {
  for (const name of names) {
    const value = from[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return null;
}

/** A count of tokens: 0 when it is absent or no count. */
export function countAt(from: Fields, ...names: readonly string[]): number {
  const value = numberAt(from, ...names) ?? 0;
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : 0;
}

/** An amount of money, 0 or more. */
export function moneyAt(from: Fields, ...names: readonly string[]): number | null {
  const value = numberAt(from, ...names);
  return value !== null && value >= 0 ? value : null;
}

/** Models without a price in a client's table cost 0 there: for tokens that were used that says nothing. */
export function knownPrice(usd: number | null, usedTokens: number): number | null {
  return usd === 0 && usedTokens > 0 ? null : usd;
}

const MAX_DETAIL = 200;
const TELLING = [
  'command',
  'cmd',
  'file_path',
  'filePath',
  'path',
  'pattern',
  'query',
  'url',
  'description',
  'prompt',
];

/** One line that tells a tool call from others: its command, path or query, else its arguments. */
export function callDetail(input: unknown): string {
  const map = asMap(input);
  if (map === null) return typeof input === 'string' ? oneLine(input) : '';
  for (const name of TELLING) {
    const value = map[name];
    if (typeof value === 'string' && value !== '') return oneLine(value);
    if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
      return oneLine(value.join(' '));
  }
  return Object.keys(map).length === 0 ? '' : oneLine(shallowJson(map));
}

/** Of the first few values, each cut: arguments may hold whole files. */
function shallowJson(map: Fields): string {
  const shown = Object.entries(map)
    .slice(0, 4)
    .map(([name, value]) => {
      if (typeof value === 'string') return `${name}: ${value.slice(0, MAX_DETAIL)}`;
      if (typeof value === 'number' || typeof value === 'boolean') return `${name}: ${String(value)}`;
      return name;
    });
  return shown.join(', ');
}

export function oneLine(text: string): string {
  const line = text
    .slice(0, MAX_DETAIL * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL)}…` : line;
}
