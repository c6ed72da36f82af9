/** The same answers at once and without a time limit: for tests, where patterns are known. */
import { parsePattern } from '../../formats/reports/pattern.ts';
import type { RegexPort } from '../../ports/world.ts';
import { MAX_CAPTURE_CHARS, MAX_MATCHES } from './worker-source.ts';

export function createInlineRegex(): RegexPort {
  return {
    matchAll: async (pattern, text) => {
      const parsed = parsePattern(pattern);
      if (!parsed.ok) return { kind: 'invalid', detail: parsed.error };
      const matches: (string | null)[] = [];
      for (const match of text.matchAll(new RegExp(parsed.value.source, parsed.value.flags))) {
        if (matches.length === MAX_MATCHES) return { kind: 'too-many' };
        const groups: readonly (string | undefined)[] = match.slice(1);
        matches.push(groups.find((group) => group !== undefined)?.slice(0, MAX_CAPTURE_CHARS) ?? null);
      }
      return { kind: 'matched', matches };
    },
  };
}
