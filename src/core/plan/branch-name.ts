/** Why git would refuse `name` as a branch, by the rules of `git check-ref-format --branch`; null when it would not. */
export function branchNameFault(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name === '@' || name === 'HEAD') return `"${name}" has another meaning`;
  if (name.startsWith('-')) return 'it begins with "-"';
  if (name.startsWith('refs/')) return 'it begins with "refs/"';
  if (name.length > 240) return 'it is longer than 240 characters';
  // oxlint-disable-next-line no-control-regex -- git refuses control characters
  const bad = /[\u0000-\u0020\u007f~^:?*[\\]/.exec(name);
  if (bad !== null) return bad[0] === ' ' ? 'it has a space' : `it has ${JSON.stringify(bad[0])}`;
  if (name.includes('..')) return 'it has ".."';
  if (name.includes('@{')) return 'it has "@{"';
  if (name.endsWith('.')) return 'it ends with "."';
  for (const part of name.split('/')) {
    if (part === '') return 'it has an empty part';
    if (part.startsWith('.')) return 'a part begins with "."';
    if (part.endsWith('.lock')) return 'a part ends with ".lock"';
  }
  return null;
}
