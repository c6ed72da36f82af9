import { parseTaskId } from '../../core/ids.ts';

const SLUG_LENGTH = 40;
const TITLE_LENGTH = 72;
/** The usual case, which needs no cutting and trimming. */
const PLAIN_LINE = /^\w[^\n]*\S$/;

/** The first line of a text, short enough for a list; null when there is none. */
export function titleOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.length <= TITLE_LENGTH && PLAIN_LINE.test(text)) return text;
  const line = text
    .split('\n')
    .map((part) => part.replace(/^[#\s>*-]+/, '').trim())
    .find((part) => part !== '');
  if (line === undefined) return null;
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH - 1).trimEnd()}…`;
}

/** An id made of a text: `Add a /health endpoint` gives `add-a-health-endpoint`; null when no letter is left. */
export function slugOf(text: string): string | null {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  let slug = '';
  for (const word of words) {
    const longer = slug === '' ? word.slice(0, SLUG_LENGTH) : `${slug}-${word}`;
    if (longer.length > SLUG_LENGTH) break;
    slug = longer;
  }
  return slug === '' || parseTaskId(slug) === null ? null : slug;
}

/** Ids as written, and for the rest ids made of the texts; none of those made equals another. */
export function uniqueIds(
  written: readonly (string | undefined)[],
  texts: readonly (string | undefined)[],
): readonly string[] {
  const taken = new Set(written);
  const counters = new Map<string, number>();
  return written.map((id, index) => {
    if (id !== undefined) return id;
    const base = slugOf(titleOf(texts[index]) ?? '') ?? `task-${index + 1}`;
    let candidate = base;
    let counter = counters.get(base) ?? 1;
    while (taken.has(candidate)) {
      counter += 1;
      candidate = `${base}-${counter}`;
    }
    counters.set(base, counter);
    taken.add(candidate);
    return candidate;
  });
}
