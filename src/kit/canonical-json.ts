/**
 * One text for one JSON value: object keys sorted by UTF-16 code unit, no white space, strings and numbers as
 * `JSON.stringify` writes them (so the text is valid Unicode even for lone surrogates). Made for hashing.
 */

/** Deeper values are refused: reading them back by recursion must not be able to exhaust a stack. */
export const MAX_JSON_DEPTH = 500;

/** `path` is where the first value sits that JSON cannot carry: `$.a[3]`. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${what} at ${path}`);
    this.path = path;
  }
}

/**
 * The canonical text. Properties that are `undefined` are left out, as `JSON.stringify` does, and -0 becomes 0.
 * Throws `NotJsonError` for what would not come back equal: functions, symbols, bigints, NaN, infinities, holes and
 * `undefined` in arrays, class instances, cycles, nesting over `MAX_JSON_DEPTH`.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NotJsonError(path, String(value));
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new NotJsonError(path, typeof value);
  if (depth >= MAX_JSON_DEPTH) throw new NotJsonError(path, 'nesting too deep or a cycle');
  return Array.isArray(value) ? writeArray(value, path, depth) : writeObject(value, path, depth);
}

function writeArray(value: readonly unknown[], path: string, depth: number): string {
  let text = '[';
  for (let index = 0; index < value.length; index += 1) {
    if (index > 0) text += ',';
    text += write(value[index], `${path}[${index}]`, depth + 1);
  }
  return `${text}]`;
}

function writeObject(value: object, path: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw new NotJsonError(path, 'a class instance');
  const record = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(record).toSorted()) {
    const entry = record[key];
    if (entry === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(key)}:${write(entry, `${path}.${key}`, depth + 1)}`;
  }
  return `${text}}`;
}
