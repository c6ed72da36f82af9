/** Path globs: `**` any folders, `*` and `?` within a name, `{a,b}` either, `[a-z]` one of. Case-sensitive, `/` only. */

/** Longest pattern that is compiled; a longer one matches nothing. */
const MAX_PATTERN = 1_000;

/** A predicate for `pattern`; a pattern without `*` that names a folder also matches everything below it. */
export function globMatcher(pattern: string): (path: string) => boolean {
  if (pattern.length > MAX_PATTERN) return () => false;
  const trimmed = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
  const isFolderLike = !trimmed.includes('*') || pattern.endsWith('/');
  const expression = new RegExp(`^${globSource(trimmed)}${isFolderLike ? '(?:/.*)?' : ''}$`, 's');
  return (path) => expression.test(path);
}

function globSource(pattern: string): string {
  let source = '';
  let depth = 0;
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index] ?? '';
    if (char === '*' && pattern[index + 1] === '*') {
      const isSegment = (index === 0 || pattern[index - 1] === '/') && pattern[index + 2] === '/';
      source += isSegment ? '(?:[^/]+/)*' : '.*';
      index += isSegment ? 2 : 1;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{') {
      depth += 1;
      source += '(?:';
    } else if (char === '}' && depth > 0) {
      depth -= 1;
      source += ')';
    } else if (char === ',' && depth > 0) source += '|';
    else {
      const end = char === '[' ? pattern.indexOf(']', index + 2) : -1;
      source += end === -1 ? escaped(char) : characterClass(pattern.slice(index + 1, end));
      if (end !== -1) index = end;
    }
  }
  return depth === 0 ? source : escaped(pattern);
}

function characterClass(inner: string): string {
  const body = inner.replaceAll(/[\\[\]^]/g, '\\$&');
  return `[${inner.startsWith('!') ? `^${body.slice(1)}` : body}]`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.|+()[\]{}*?]/g, '\\$&');
}
