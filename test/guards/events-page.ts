import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './sources.ts';

interface Shape {
  readonly description?: string;
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** On every line, so not repeated in the table. */
const ENVELOPE = new Set(['v', 'seq', 'ts', 'type']);

/** `docs/reference/events.md`: the types of the public schema with their fields. */
export function eventsPage(): string {
  const text = readFileSync(path.join(root, 'schema/events.v1.json'), 'utf8');
  const schema = JSON.parse(text) as { readonly $defs: Readonly<Record<string, Shape>> };
  const rows = Object.entries(schema.$defs)
    .filter(([, shape]) => shape.properties?.['type']?.const !== undefined)
    .map(([name, shape]) => `| \`${name}\` | ${fieldsOf(shape)} |`);
  return `<!-- Generated from schema/events.v1.json by \`npm run docs\`. -->

# Events

\`copse events\` and \`copse run --json\` print one JSON object a line: \`{"v":1,"seq":…,"ts":…,"type":…}\` and the fields of its type. \`seq\` is the place of the fact in the log of the repository: strictly growing, with gaps. \`copse events --since SEQ\` goes on from a place, \`-f\` waits for new ones. Types and fields may be added, never renamed: readers skip what they do not know. \`run --json\` ends with one \`run.summary\` line that carries the report.

A step is intended before it is made: \`step.started\` carries an \`intent\`, and the event that tells of its outcome, or \`step.abandoned\`, carries the same one. The exact types are in \`schema/events.v1.json\`, which the package holds.

| type | fields (? may be absent) |
|---|---|
${rows.join('\n')}
`;
}

function fieldsOf(shape: Shape): string {
  const required = new Set(shape.required ?? []);
  return Object.keys(shape.properties ?? {})
    .filter((name) => !ENVELOPE.has(name))
    .map((name) => `\`${name}\`${required.has(name) ? '' : '?'}`)
    .join(', ');
}
