/** Checks of plain JSON values without a schema library: reading the log must not pay for one at every start. */

/** Thrown inside a decoder; `decode` turns it into a value. */
export class DecodeFault extends Error {}

export type Decoder<T> = (value: unknown, path: string) => T;

export const text: Decoder<string> = (value, path) =>
  typeof value === 'string' ? value : fault(path, 'text');

export const number: Decoder<number> = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? value : fault(path, 'a number');

export const flag: Decoder<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : fault(path, 'true or false');

export function orNull<T>(inner: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null ? null : inner(value, path));
}

export function oneOf<const T extends readonly (string | number)[]>(values: T): Decoder<T[number]> {
  return (value, path) => values.find((allowed) => allowed === value) ?? fault(path, values.join(', '));
}

export function list<T>(inner: Decoder<T>): Decoder<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item, index) => inner(item, `${path}[${index}]`))
      : fault(path, 'a list');
}

export function record<T>(inner: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(object(value, path)).map(([key, item]) => [key, inner(item, `${path}.${key}`)]),
    );
}

/** A map with at least these keys; others, of a later version, are left out. */
export function shape<T extends object>(fields: { readonly [K in keyof T]: Decoder<T[K]> }): Decoder<T> {
  const entries = Object.entries<Decoder<unknown>>(fields);
  return (value, path) => {
    const given = object(value, path);
    const made = entries.map(([key, decoder]) => [
      key,
      decoder(Object.hasOwn(given, key) ? given[key] : undefined, `${path}.${key}`),
    ]);
    return Object.fromEntries(made) as T;
  };
}

/** A map whose `kind` says which shape it has. */
export function byKind<T extends { readonly kind: string }>(kinds: {
  readonly [K in T['kind']]: Decoder<Extract<T, { kind: K }>>;
}): Decoder<T> {
  const table = new Map(Object.entries<Decoder<T>>(kinds));
  return (value, path) => {
    const { kind } = object(value, path);
    const decoder = typeof kind === 'string' ? table.get(kind) : undefined;
    return decoder === undefined ? fault(`${path}.kind`, [...table.keys()].join(', ')) : decoder(value, path);
  };
}

export function fault(path: string, expected: string): never {
  throw new DecodeFault(`${path}: expected ${expected}`);
}

function object(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fault(path, 'a map');
  return value as Record<string, unknown>;
}
