/** Building HTML out of text that nobody vouches for. */
import { printable } from '../kit/printable.ts';

declare const markup: unique symbol;
/** HTML that was built here; any other string is escaped when it is put into a page. */
export type Html = { readonly [markup]: true; readonly text: string };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Safe as text and inside a quoted attribute; direction and control characters are spelled out. */
export function escapeHtml(text: string): string {
  return printable(text).replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

/** Tag of a template: every value is escaped unless it is `Html`, or a list of it. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const text = parts
    .map((part, index) => (index < values.length ? part + inserted(values[index] ?? '') : part))
    .join('');
  return asHtml(text);
}

/** Vouches for `text`: only for constants. */
export function asHtml(text: string): Html {
  return { text } as Html;
}

function inserted(value: string | number | Html | readonly Html[]): string {
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'text' in value ? value.text : value.map((one) => one.text).join('');
}
