import type { z } from 'zod';
import { planSchema } from './schema.ts';

/** The keys that the schema knows in the map at `path`; empty where any name may stand. */
export function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  let schemas: readonly AnySchema[] = [planSchema];
  for (const step of path) schemas = schemas.flatMap((schema) => stepInto(schema, String(step)));
  return [...new Set(schemas.flatMap(shapeKeys))];
}

/** Sections of the plan that have `key`, for a key that was put at the root. */
export function sectionsWith(key: string): readonly string[] {
  return Object.keys(planSchema.shape).filter((section) => {
    const schema = unwrap(planSchema.shape[section as keyof typeof planSchema.shape]);
    return schema.some((option) => option._zod.def.type === 'object' && shapeKeys(option).includes(key));
  });
}

/** The widest schema type; the walk looks at its definition only. */
type AnySchema = z.core.$ZodType;

function stepInto(schema: AnySchema, step: string): readonly AnySchema[] {
  return unwrap(schema).flatMap((option) => {
    const { def } = (option as z.core.$ZodTypes)._zod;
    if (def.type === 'object') {
      const child = Object.hasOwn(def.shape, step) ? def.shape[step] : undefined;
      return child === undefined ? [] : [child];
    }
    if (def.type === 'record') return [def.valueType];
    return def.type === 'array' ? [def.element] : [];
  });
}

function shapeKeys(schema: AnySchema): readonly string[] {
  return unwrap(schema).flatMap((option) => {
    const { def } = (option as z.core.$ZodTypes)._zod;
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
}

/** The alternatives behind optional and union wrappers. */
function unwrap(schema: AnySchema): readonly AnySchema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional') return unwrap(def.innerType);
  if (def.type === 'union') return def.options.flatMap(unwrap);
  return [schema];
}
