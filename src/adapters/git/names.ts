import type { BranchName, CommitId, TreeId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import { GitFailure } from './failure.ts';

/** git's own rules for a full ref name, and no part that starts with `-`. */
export function isSafeRef(ref: string): boolean {
  if (!ref.startsWith('refs/') || ref.length > 1_000) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$/.test(ref)) return false;
  return ref.split('/').every((part) => part !== '' && !/^[.-]/.test(part) && !part.endsWith('.lock'));
}

/** `refs/heads/<branch>`; fails with `git-bad-name` when git would not take the name. */
export function branchRef(branch: BranchName): string {
  return requireRef(`refs/heads/${branch}`);
}

export function requireRef(ref: string): string {
  if (isSafeRef(ref)) return ref;
  throw new GitFailure('git-bad-name', `${JSON.stringify(ref)} is not a usable ref name`);
}

export function commitIdOf(text: string): CommitId {
  const id = parseCommitId(text.trim());
  if (id !== null) return id;
  throw new GitFailure(
    'git-failed',
    `git printed ${JSON.stringify(text.slice(0, 80))} where an object id was expected`,
  );
}

export function treeIdOf(text: string): TreeId {
  return commitIdOf(text) as string as TreeId;
}

/** Bytes of a path as text; bytes that are not UTF-8 appear as `\xNN`, which no real path part of git's output clashes with. */
export function pathText(bytes: Uint8Array): { readonly text: string; readonly isUtf8: boolean } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
  } catch {
    const text = Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
    ).join('');
    return { text, isUtf8: false };
  }
}

/** Parts of NUL-separated output, without an empty last one. */
export function splitNul(output: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = output.indexOf(0); at !== -1; at = output.indexOf(0, from)) {
    parts.push(output.subarray(from, at));
    from = at + 1;
  }
  if (from < output.length) parts.push(output.subarray(from));
  return parts;
}
