import { stringify } from 'yaml';
import { resolvePlainScalar } from './scalar.ts';

/** What may be written into a plan. */
export type PlanValue =
  string | number | boolean | readonly PlanValue[] | { readonly [key: string]: PlanValue };

/** `key: value` in block style, every line but the first indented by `indent`. */
export function blockEntry(key: string, value: PlanValue, indent: number): string {
  return indentLines(stringify({ [key]: value }, { lineWidth: 0 }).trimEnd(), indent);
}

/** `- value` in block style, every line but the first indented by `indent`. */
export function blockItem(value: PlanValue, indent: number): string {
  return indentLines(stringify([value], { lineWidth: 0 }).trimEnd(), indent);
}

/** `key: value` for the inside of braces. */
export function flowEntry(key: string, value: PlanValue): string {
  return `${flowText(key)}: ${flowValue(value)}`;
}

/** A value on one line. */
export function flowValue(value: PlanValue): string {
  if (typeof value === 'string') return flowText(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly PlanValue[]).map(flowValue).join(', ')}]`;
  const entries = Object.entries(value as { readonly [key: string]: PlanValue });
  return `{${entries.map(([key, child]) => flowEntry(key, child)).join(', ')}}`;
}

/** Plain where that reads back as the same text; else quoted with JSON's escapes, which YAML shares. */
function flowText(text: string): string {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9 ._/-]*$/.test(text) && !text.endsWith(' ');
  return isPlain && resolvePlainScalar(text) === text ? text : JSON.stringify(text);
}

function indentLines(text: string, indent: number): string {
  return text
    .split('\n')
    .map((line, index) => (index === 0 || line === '' ? line : ' '.repeat(indent) + line))
    .join('\n');
}
