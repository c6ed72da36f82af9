import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LATER } from './availability.ts';
import { planCatalogue } from './catalogue.ts';
import type { JsonSchema } from './json-schema.ts';
import { planJsonSchema, planSchemaFile } from './json-schema.ts';
import { knownKeysAt } from './known-keys.ts';
import { parsePlan } from './parse.ts';
import { planReferencePage } from './reference-page.ts';

const root = new URL('../../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

test.each([
  ['schema/plan.v1.json', planSchemaFile],
  ['docs/reference/plan.md', planReferencePage],
])('%s says what the schema says (else run scripts/generate-schema.ts)', (file, text) => {
  expect(read(file)).toBe(text());
});

test('every key of the schema has a description', () => {
  const bare: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries((node as JsonSchema).properties ?? {})) {
      if (typeof child.description !== 'string') bare.push(`${path}.${key}`);
    }
    for (const [key, child] of Object.entries(node)) visit(child, `${path}.${key}`);
  };
  visit(planJsonSchema(), '');
  expect(bare).toEqual([]);
});

test('the schema for editors has nothing that is not available yet', () => {
  const schema = planJsonSchema();
  expect(Object.keys(schema.properties ?? {})).not.toContain('phases');
  expect(JSON.stringify(schema)).not.toContain('"manual"');
  expect(schema.patternProperties).toEqual({ '^x-': {} });
});

test('every code that is used is explained, and no other', () => {
  const folders = ['src/formats/plan/', 'src/core/plan/'];
  const used = new Set<string>();
  for (const folder of folders) {
    for (const name of readdirSync(new URL(folder, root))) {
      if (!name.endsWith('.ts') || name.includes('.test.') || name === 'catalogue.ts') continue;
      for (const match of read(folder + name).matchAll(/'(E\d{4})'/g)) used.add(match[1] ?? '');
    }
  }
  expect([...used].toSorted()).toEqual(Object.keys(planCatalogue).toSorted());
});

test.each(LATER.map((row) => [row.path, row] as const))('%s is refused by name', (path, row) => {
  const steps = path.split('.');
  // A value that the row refuses, at a place that is like its path.
  const value =
    row.when === undefined
      ? {}
      : ['claude', 'manual', 'phase', 'rollback', 'agent', 'a@1', true].find((candidate) =>
          row.when?.(candidate),
        );
  expect(value).toBeDefined();
  const build = (at: number): unknown => {
    const step = steps[at];
    if (step === undefined) return value;
    const isList =
      step === '*' &&
      ['waves', 'needs', 'at', 'require', 'conflicts', 'fallback'].includes(steps[at - 1] ?? '');
    if (isList) return [build(at + 1)];
    return { [step === '*' ? 'claude' : step]: build(at + 1) };
  };
  const plan = { tasks: { a: 'x' }, ...(build(0) as object) };
  const codes = parsePlan(JSON.stringify(plan), { file: 'copse.yaml' }).problems.map(
    (problem) => problem.code,
  );
  expect(codes).toContain('E0401');
});

test('keys are found through short forms, maps and lists', () => {
  expect(knownKeysAt(['tasks', 0, 'waves', 1])).toContain('title');
  expect(knownKeysAt(['gates', 'x', 'metrics', 'y'])).toContain('regex');
  expect(knownKeysAt(['gates'])).toEqual([]);
});
