/** Differences of two sets of files in the shapes the port speaks. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import type { ChangedPath, IntakeFacts, LineCounts } from '../../ports/git.ts';
import { commitsBetween } from './history.ts';
import { commitOf, type FakeWorld, type Files } from './world.ts';

/** Paths with different content or on one side only, sorted. */
export function changedPaths(before: Files, after: Files): readonly RepoPath[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted() as RepoPath[];
}

export function intakeFacts(world: FakeWorld, base: CommitId, tip: CommitId): IntakeFacts {
  const before = commitOf(world, base).files;
  const after = commitOf(world, tip).files;
  const paths = changedPaths(before, after);
  const counts = paths.map((path) => lineChanges(before.get(path) ?? '', after.get(path) ?? ''));
  return {
    changed: paths.map((path) => changedPath(path, before.get(path), after.get(path))),
    conflictMarkers: paths.filter((_, at) => hasMarkers(counts[at]?.added ?? [])),
    escapingSymlinks: [],
    unsafeNames: unsafeNames(after, paths),
    mergeCommits: commitsBetween(world, base, tip).filter((id) => commitOf(world, id).parents.length > 1),
  };
}

export function lineCounts(world: FakeWorld, base: CommitId, tip: CommitId): LineCounts {
  const before = commitOf(world, base).files;
  const after = commitOf(world, tip).files;
  const counts = changedPaths(before, after).map((path) =>
    lineChanges(before.get(path) ?? '', after.get(path) ?? ''),
  );
  return {
    insertions: counts.reduce((sum, count) => sum + count.added.length, 0),
    deletions: counts.reduce((sum, count) => sum + count.removed.length, 0),
  };
}

function changedPath(path: RepoPath, before: string | undefined, after: string | undefined): ChangedPath {
  return {
    path,
    status: before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified',
    oldMode: before === undefined ? '000000' : '100644',
    newMode: after === undefined ? '000000' : '100644',
    sizeBytes: after === undefined ? null : Buffer.byteLength(after),
  };
}

function hasMarkers(added: readonly string[]): boolean {
  return ['<<<<<<<', '=======', '>>>>>>>'].every((marker) => added.some((line) => line.startsWith(marker)));
}

function unsafeNames(files: Files, changed: readonly RepoPath[]): readonly string[] {
  const folded = new Map<string, string[]>();
  for (const path of files.keys()) {
    folded.set(path.toLowerCase(), [...(folded.get(path.toLowerCase()) ?? []), path]);
  }
  const found = new Set<string>();
  for (const path of changed) {
    const alike = folded.get(path.toLowerCase()) ?? [];
    if (alike.length > 1) for (const one of alike) found.add(one);
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f]|(?:^|\/)\.git(?:\/|$)/i.test(path) && files.has(path)) found.add(path);
  }
  return [...found];
}

/** Lines one side has more often than the other; order does not count. */
function lineChanges(
  before: string,
  after: string,
): { readonly added: string[]; readonly removed: string[] } {
  return { added: surplus(after, before), removed: surplus(before, after) };
}

function surplus(of: string, over: string): string[] {
  const left = new Map<string, number>();
  for (const line of linesOf(over)) left.set(line, (left.get(line) ?? 0) + 1);
  return linesOf(of).filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function linesOf(text: string): string[] {
  return text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

export function diffText(world: FakeWorld, from: CommitId, to: CommitId): string {
  const before = commitOf(world, from).files;
  const after = commitOf(world, to).files;
  const parts = changedPaths(before, after).map((path) => {
    const { added, removed } = lineChanges(before.get(path) ?? '', after.get(path) ?? '');
    const body = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
    return [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`, ...body].join('\n');
  });
  return parts.length === 0 ? '' : `${parts.join('\n')}\n`;
}
