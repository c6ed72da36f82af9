/** Verdicts of merges that were made, by their two tips: they never change while git does not. Bounded, oldest out first. */
import type { CommitId } from '../ids.ts';

export type KnownVerdict =
  { readonly kind: 'clean' } | { readonly kind: 'conflict'; readonly files: readonly string[] };

export type KnownVerdicts = ReadonlyMap<string, KnownVerdict>;

export const MAX_VERDICTS = 20_000;
/** A verdict with more files than this is not kept: one file of state must stay small. */
export const MAX_VERDICT_FILES = 200;

/** The same for both orders. */
export function verdictKey(a: CommitId, b: CommitId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** `known` with `added`, each of which counts as new. */
export function withVerdicts(
  known: KnownVerdicts,
  added: Iterable<readonly [string, KnownVerdict]>,
): KnownVerdicts {
  const all = new Map(known);
  for (const [key, verdict] of added) {
    if (verdict.kind === 'conflict' && verdict.files.length > MAX_VERDICT_FILES) continue;
    all.delete(key);
    all.set(key, verdict);
  }
  return new Map([...all].slice(-MAX_VERDICTS));
}

/** One line per verdict: `C` or `X`, the tips, and the files as JSON; after a line that names git's version. */
export function writeVerdicts(verdicts: KnownVerdicts, gitVersion: string): string {
  const lines = [...verdicts].map(([key, verdict]) =>
    verdict.kind === 'clean' ? `C ${key}` : `X ${key} ${JSON.stringify(verdict.files)}`,
  );
  return [headOf(gitVersion), ...lines, ''].join('\n');
}

/** Nothing of another version, and nothing of a damaged line: whatever is missing is merged again. */
export function readVerdicts(text: string | null, gitVersion: string): KnownVerdicts {
  const [head, ...lines] = (text ?? '').split('\n');
  const verdicts = new Map<string, KnownVerdict>();
  if (head !== headOf(gitVersion)) return verdicts;
  for (const line of lines) {
    const [, mark, key = '', files] = /^([CX]) ([0-9a-f]{40,64} [0-9a-f]{40,64})(?: (.+))?$/.exec(line) ?? [];
    if (mark === 'C' && files === undefined) verdicts.set(key, { kind: 'clean' });
    const paths = mark === 'X' ? pathsOf(files) : null;
    if (paths !== null) verdicts.set(key, { kind: 'conflict', files: paths });
  }
  return verdicts;
}

function headOf(gitVersion: string): string {
  return `copse verdicts 1, git ${gitVersion}`;
}

function pathsOf(json: string | undefined): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : null;
  } catch {
    return null;
  }
}
