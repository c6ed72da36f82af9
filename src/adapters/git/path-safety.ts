/** Names that are harmless to git and harmful to somebody's file system. */
import { posix } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { pathText } from './names.ts';
import type { ObjectReader } from './reader.ts';
import { treeEntries } from './tree.ts';

const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i;
/** Characters HFS+ ignores when it compares names: `.g\u200cit` is `.git` there. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** null for an ordinary path, else what is wrong with it in a few words. */
export function nameProblem(path: string): string | null {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'control character';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'relative part';
    if (isGitLike(part)) return '.git-like name';
    if (WINDOWS_DEVICE.test(part)) return 'device name';
    if (part.includes('\\')) return 'backslash';
    if (/[\u202a-\u202e\u2066-\u2069]/.test(part)) return 'text direction character';
  }
  return null;
}

function isGitLike(part: string): boolean {
  const folded = part.replace(IGNORED_BY_HFS, '').normalize('NFC').toLowerCase();
  const trimmed = folded.replace(/[. ]+$/, '').replace(/:.*$/s, '');
  return trimmed === '.git' || trimmed === 'git~1';
}

/** True for an absolute target and for one that leaves the tree. */
export function escapesTree(path: string, target: string): boolean {
  if (target.startsWith('/') || /^[a-z]:[\\/]/i.test(target) || target.startsWith('\\')) return true;
  const landed = posix.normalize(posix.join(posix.dirname(path), target.replaceAll('\\', '/')));
  return (
    landed === '..' ||
    landed.startsWith('../') ||
    landed.split('/').some((part) => part.toLowerCase() === '.git')
  );
}

/** Entries of the tree at `commit` that a case-folding or normalising file system would take for one of `added`. */
export async function nameCollisions(
  reader: ObjectReader,
  commit: CommitId,
  added: readonly Buffer[],
): Promise<readonly string[]> {
  const folders = new Map<string, Set<string>>();
  for (const path of added) {
    const parts = path.toString('latin1').split('/');
    for (let depth = 0; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      const names = folders.get(folder) ?? new Set<string>();
      names.add(parts[depth] ?? '');
      folders.set(folder, names);
    }
  }
  const found = new Set<string>();
  for (const [folder, names] of folders) {
    const bytes = Buffer.from(folder, 'latin1');
    const entries = await treeEntries(reader, commit, bytes);
    const byFolded = new Map<string, string[]>();
    for (const entry of entries) {
      const key = fold(entry.name);
      byFolded.set(key, [...(byFolded.get(key) ?? []), entry.name.toString('latin1')]);
    }
    for (const name of names) {
      const alike = byFolded.get(fold(Buffer.from(name, 'latin1'))) ?? [];
      if (alike.length > 1) for (const one of alike) found.add(textOf(folder, one));
    }
  }
  return [...found];
}

function fold(name: Buffer): string {
  return pathText(name).text.normalize('NFC').toLowerCase();
}

function textOf(folder: string, name: string): string {
  return pathText(Buffer.from(folder === '' ? name : `${folder}/${name}`, 'latin1')).text;
}
