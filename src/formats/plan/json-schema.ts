import { z } from 'zod';
import { LATER } from './availability.ts';
import { planSchema } from './schema.ts';

/** The parts of JSON Schema 2020-12 that the plan's schema uses. */
export interface JsonSchema {
  type?: string;
  description?: string;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  patternProperties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  [keyword: string]: unknown;
}

/** The schema of a plan file for editors and other programs: what this version accepts, as far as a schema can say. */
export function planJsonSchema(): JsonSchema {
  const made = z.toJSONSchema(planSchema, { target: 'draft-2020-12' }) as JsonSchema;
  allowExtensions(made);
  for (const row of LATER) removeLater(made, row.path.split('.'), row.when);
  const { $schema, ...rest } = made;
  return { $schema, $id: 'urn:copse:plan:v1', title: 'Copse plan', ...rest };
}

/** `schema/plan.v1.json` as text. */
export function planSchemaFile(): string {
  return `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
}

/** The alternatives of a schema, itself when it has none. */
export function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(alternativesOf);
}

function allowExtensions(schema: JsonSchema): void {
  if (schema.properties !== undefined && schema.additionalProperties === false) {
    schema.patternProperties = { '^x-': {} };
  }
  for (const child of childrenOf(schema)) allowExtensions(child);
}

function childrenOf(schema: JsonSchema): readonly JsonSchema[] {
  const { additionalProperties: rest } = schema;
  return [
    ...Object.values(schema.properties ?? {}),
    ...(schema.anyOf ?? []),
    ...(schema.items === undefined ? [] : [schema.items]),
    ...(typeof rest === 'object' ? [rest] : []),
  ];
}

/** Takes a key, or the values of a closed list, out of the schema. */
function removeLater(
  schema: JsonSchema,
  path: readonly string[],
  when: ((value: unknown, key: string) => boolean) | undefined,
): void {
  const [step, ...rest] = path;
  for (const option of alternativesOf(schema)) {
    if (step === undefined) {
      if (when !== undefined && option.enum !== undefined) {
        option.enum = option.enum.filter((value) => !when(value, ''));
      }
    } else if (rest.length === 0 && when === undefined && option.properties !== undefined) {
      delete option.properties[step];
    } else {
      for (const child of stepInto(option, step)) removeLater(child, rest, when);
    }
  }
}

function stepInto(schema: JsonSchema, step: string): readonly JsonSchema[] {
  const property = schema.properties?.[step];
  if (property !== undefined) return [property];
  if (step !== '*') return [];
  const { additionalProperties: rest } = schema;
  return [...(schema.items === undefined ? [] : [schema.items]), ...(typeof rest === 'object' ? [rest] : [])];
}
