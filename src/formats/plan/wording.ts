import { stepInto } from './values.ts';

/** A place of the plan in words: `timeout of task "api"`, `max of metric "bytes" of gate "size"`, `merge.slots`. */
export function placeName(path: readonly PropertyKey[], root: unknown): string {
  const names: string[] = [];
  let rest = path.map(String);
  const [section, name, third, fourth] = rest;
  const owner = section === undefined ? undefined : OWNERS[section];
  if (owner !== undefined && name !== undefined) {
    names.push(Array.isArray(stepInto(root, section ?? '')) ? numbered(owner, name) : `${owner} "${name}"`);
    rest = rest.slice(2);
    if (section === 'gates' && third === 'metrics' && fourth !== undefined) {
      names.unshift(`metric "${fourth}"`);
      rest = rest.slice(2);
    } else if (section === 'tasks' && third === 'waves' && fourth !== undefined) {
      names.unshift(numbered('wave', fourth));
      rest = rest.slice(2);
    }
  }
  const key = rest
    .map((step) => (/^\d+$/.test(step) && rest.length > 1 ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
  return [key, ...names].filter((part) => part !== '').join(' of ') || 'the plan';
}

/** A value as it is named in a message; long text is cut. */
export function valueName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  return `${value as number | boolean}`;
}

const OWNERS: Readonly<Record<string, string | undefined>> = {
  tasks: 'task',
  gates: 'gate',
  agents: 'agent',
};

function numbered(what: string, index: string): string {
  return `${what} ${Number(index) + 1}`;
}
