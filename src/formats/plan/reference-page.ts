import { planDefaults } from '../../core/plan/defaults.ts';
import { MAX_TASKS } from '../../core/plan/problem.ts';
import { LATER } from './availability.ts';
import { planCatalogue } from './catalogue.ts';
import type { JsonSchema } from './json-schema.ts';
import { alternativesOf, planJsonSchema } from './json-schema.ts';
import { MAX_BYTES, MAX_DEPTH, MAX_NODES } from './limits.ts';

/** Heading and path of each map of the format, in the order of the page. */
const SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  ['The plan', []],
  ['A task: `tasks.<id>`', ['tasks', '*']],
  ['A need: `needs`', ['tasks', '*', 'needs']],
  ['A wave: `waves`', ['tasks', '*', 'waves', '*']],
  ['Retries: `retries`', ['tasks', '*', 'retries']],
  ['A gate: `gates.<name>`', ['gates', '*']],
  ['A metric: `gates.<name>.metrics.<name>`', ['gates', '*', 'metrics', '*']],
  ['An agent: `agents.<name>`', ['agents', '*']],
  ['`roles`', ['roles']],
  ['`defaults`', ['defaults']],
  ['`workspace`', ['workspace']],
  ['`merge`', ['merge']],
  ['`conflicts`', ['conflicts']],
  ['`limits`', ['limits']],
  ['`limits.per_task`', ['limits', 'per_task']],
];

/** `docs/reference/plan.md` as text. */
export function planReferencePage(): string {
  const schema = planJsonSchema();
  return [
    '<!-- Generated from src/formats/plan by scripts/generate-schema.ts. -->',
    '',
    '# The plan file',
    '',
    'One YAML file, `copse.yaml`. Keys are strict: an unknown one is an error with a suggestion, and keys that begin with `x-` are yours. `copse plan check` reports every problem at once, `copse plan check --fix` corrects what needs no decision. For editors: `# yaml-language-server: $schema=./node_modules/copse/schema/plan.v1.json` as the first line.',
    '',
    'A task may be a text (its prompt) or a map, `tasks` a list or a map, a gate a command or a map. Where a list is expected, one value may stand alone.',
    '',
    '- Durations: `30s`, `20m`, `4h`, `1h30m`. Amounts of work: `30m`, `4h`, `3d`, `2w`, where a day is 8 working hours and a week 5 days.',
    '- Sizes: `KB`, `MB`, `GB`, `TB` count in thousands, `KiB`, `MiB`, `GiB`, `TiB` in 1024s. Shares: `80%` or `0.8`.',
    '- Path patterns: `*` and `?` within a part, `**` over parts, `{a,b}`, `[a-z]`. A pattern without wildcards also means everything below it. `!` excludes and needs quotes.',
    `- Limits: ${MAX_BYTES / 1024 / 1024} MB, ${MAX_TASKS.toLocaleString('en')} tasks, ${MAX_NODES.toLocaleString('en')} entries, ${MAX_DEPTH} levels. Anchors, aliases and tags are refused.`,
    '',
    ...SECTIONS.flatMap(([heading, path]) => section(heading, mapAt(schema, path))),
    ...defaultsSection(),
    ...laterSection(),
    ...codesSection(),
  ].join('\n');
}

function section(heading: string, map: JsonSchema | null): readonly string[] {
  const rows = Object.entries(map?.properties ?? {}).map(([key, value]) => {
    const name = map?.required?.includes(key) === true ? `**\`${key}\`**` : `\`${key}\``;
    return `| ${name} | ${cell(kindOf(value))} | ${cell(value.description ?? '')} |`;
  });
  return [`## ${heading}`, '', '| key | value | meaning |', '|---|---|---|', ...rows, ''];
}

function defaultsSection(): readonly string[] {
  const rows = Object.entries(planDefaults).map(([name, row]) => {
    const key = name
      .replace(/(?:Ms|Minutes)$/, '')
      .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return `| ${key} | \`${row.shown}\` | ${cell(row.because)} |`;
  });
  return ['## Defaults', '', '| what | value | because |', '|---|---|---|', ...rows, ''];
}

function laterSection(): readonly string[] {
  const rows = LATER.map((row) => {
    const which = row.when === undefined ? '' : ' (some values)';
    return `| \`${row.path}\`${which} | ${cell(row.instead)} |`;
  });
  const intro =
    'The format knows these, this version does not do them. They are refused by name, never ignored.';
  return ['## Not available yet', '', intro, '', '| key | meanwhile |', '|---|---|', ...rows, ''];
}

function codesSection(): readonly string[] {
  const rows = Object.entries(planCatalogue).map(([code, { title }]) => `| ${code} | ${cell(title)} |`);
  return [
    '## Problems',
    '',
    '`copse explain CODE` tells more.',
    '',
    '| code | what |',
    '|---|---|',
    ...rows,
    '',
  ];
}

/** The alternative with keys at `path`; null when there is none. */
function mapAt(schema: JsonSchema, path: readonly string[]): JsonSchema | null {
  let found: readonly JsonSchema[] = alternativesOf(schema);
  for (const step of path) {
    found = found
      .flatMap((option) => {
        const rest = option.additionalProperties;
        const child =
          step === '*'
            ? (option.items ?? (typeof rest === 'object' ? rest : undefined))
            : option.properties?.[step];
        return child === undefined ? [] : [child];
      })
      .flatMap(alternativesOf);
  }
  const direct = found.find((option) => option.properties !== undefined);
  const inItems = found.flatMap((option) => (option.items === undefined ? [] : alternativesOf(option.items)));
  return direct ?? inItems.find((option) => option.properties !== undefined) ?? null;
}

function kindOf(schema: JsonSchema): string {
  return [...new Set(alternativesOf(schema).map(simpleKind))].join(', ');
}

function simpleKind(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'map';
  if (schema.type === 'string') return 'text';
  return schema.type === 'boolean' ? '`true` `false`' : 'number';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
