/** Conflicts and reverts by whole files: what the real adapter does to places of conflict, this one does to files. */
import type { AbsolutePath, CommitId, RepoPath } from '../../core/ids.ts';
import type { MergeOutcome } from '../../ports/git.ts';
import type {
  OpenedResolution,
  ResolutionGit,
  ResolutionReading,
  ResolutionRule,
  ResolutionSpec,
  RuleOutcome,
  Sides,
} from '../../ports/git-resolution.ts';
import { assertNever } from '../../kit/assert.ts';
import { changedPaths } from './compare.ts';
import { mergeBase } from './history.ts';
import { mergeFiles } from './merge.ts';
import { addCommit, commitOf, digest, effect, type FakeWorld, type Files } from './world.ts';

export function resolutionPart(world: FakeWorld): ResolutionGit {
  return {
    resolveByRule: (request) => effect(world, 'merge.commit', () => resolveByRule(world, request)),
    openResolution: (spec) => effect(world, 'resolution.open', () => open(world, spec)),
    readResolution: (spec, made) => effect(world, 'merge.keepref', () => read(world, spec, made)),
    closeResolution: (name) =>
      effect(world, 'resolution.close', () => {
        world.resolutions.delete(name);
      }),
    recordResolution: (sides, resolved) =>
      effect(world, 'resolution.record', () => record(world, sides, resolved)),
    revert: (request) =>
      effect(world, 'merge.commit', (): MergeOutcome => {
        const { onto, commit, parent, message, dateMs } = request;
        const now = commitOf(world, onto);
        const merged = mergeFiles(commitOf(world, commit).files, now.files, commitOf(world, parent).files);
        if (merged.conflicts.length > 0) return { kind: 'conflicted', files: merged.conflicts };
        const made = addCommit(world, { files: merged.files, parents: [onto], message, dateMs });
        return made.tree === now.tree
          ? { kind: 'contained' }
          : { kind: 'merged', commit: made.id, tree: made.tree };
      }),
    firstParents: async (tip, limit) => {
      const found = [];
      for (let at: CommitId | undefined = tip; at !== undefined && found.length < limit;) {
        const commit = commitOf(world, at);
        found.push({ commit: commit.id, parents: commit.parents, message: commit.message });
        [at] = commit.parents;
      }
      return found;
    },
  };
}

interface Trial {
  readonly base: CommitId | null;
  readonly files: Map<string, string>;
  readonly conflicts: readonly RepoPath[];
  readonly sides: { readonly base: Files; readonly ours: Files; readonly theirs: Files };
}

function trial(world: FakeWorld, { ours, theirs }: Sides): Trial {
  const base = mergeBase(world, ours, theirs);
  const sides = {
    base: base === null ? new Map<string, string>() : commitOf(world, base).files,
    ours: commitOf(world, ours).files,
    theirs: commitOf(world, theirs).files,
  };
  const merged = mergeFiles(sides.base, sides.ours, sides.theirs);
  const files = new Map(merged.files);
  for (const path of merged.conflicts) {
    const [mine, other] = [sides.ours.get(path), sides.theirs.get(path)];
    const isMarked = mine !== undefined && other !== undefined;
    const content = isMarked
      ? `<<<<<<< ${ours}\n${mine}=======\n${other}>>>>>>> ${theirs}\n`
      : (mine ?? other);
    if (content !== undefined) files.set(path, content);
  }
  return { base, files, conflicts: merged.conflicts, sides };
}

function resolveByRule(
  world: FakeWorld,
  request: Sides & { readonly rule: ResolutionRule; readonly message: string; readonly dateMs: number },
): RuleOutcome {
  const { ours, theirs, rule, message, dateMs } = request;
  const found = trial(world, request);
  const files = new Map(found.files);
  const parents = [ours, theirs];
  if (found.conflicts.length === 0) {
    const { id, tree } = addCommit(world, { files, parents, message, dateMs });
    return { kind: 'clean', commit: id, tree };
  }
  for (const path of found.conflicts) {
    const content = answer(world, rule, path, found);
    if (content === undefined)
      return { kind: 'unresolved', files: found.conflicts, detail: `no answer for ${path}` };
    if (content === null) files.delete(path);
    else files.set(path, content);
  }
  const { id, tree } = addCommit(world, { files, parents, message, dateMs });
  return { kind: 'resolved', commit: id, tree, files: found.conflicts };
}

/** null: the file goes; undefined: no answer. */
function answer(
  world: FakeWorld,
  rule: ResolutionRule,
  path: string,
  found: Trial,
): string | null | undefined {
  const [was, mine, other] = [found.sides.base, found.sides.ours, found.sides.theirs].map((side) =>
    side.get(path),
  );
  switch (rule) {
    case 'ours':
      return mine ?? null;
    case 'theirs':
      return other ?? null;
    case 'both':
      return mine === undefined || other === undefined ? undefined : `${mine}${other}`;
    case 'recorded':
      return world.recorded.get(meeting(mine, other));
    case 'structural':
      return world.structural?.(path, { base: was ?? null, ours: mine ?? null, theirs: other ?? null });
    default:
      return assertNever(rule);
  }
}

function meeting(mine: string | undefined, other: string | undefined): string {
  return digest('meeting', ...[mine ?? '', other ?? ''].toSorted());
}

function record(world: FakeWorld, sides: Sides, resolved: CommitId): void {
  const found = trial(world, sides);
  for (const path of found.conflicts) {
    const content = commitOf(world, resolved).files.get(path);
    const [mine, other] = [found.sides.ours.get(path), found.sides.theirs.get(path)];
    if (content !== undefined && mine !== undefined && other !== undefined)
      world.recorded.set(meeting(mine, other), content);
  }
}

function open(world: FakeWorld, spec: ResolutionSpec): OpenedResolution {
  const found = trial(world, spec);
  const sides = `${spec.ours} ${spec.theirs}`;
  const isFound = world.resolutions.get(spec.name)?.sides === sides;
  if (!isFound) world.resolutions.set(spec.name, { sides, files: found.files });
  const path = `/fake/resolutions/${spec.name}` as AbsolutePath;
  return { path, base: found.base, files: found.conflicts, isFound };
}

function read(
  world: FakeWorld,
  spec: ResolutionSpec,
  made: { readonly keepRef: string; readonly message: string; readonly dateMs: number },
): ResolutionReading {
  const there = world.resolutions.get(spec.name);
  if (there?.sides !== `${spec.ours} ${spec.theirs}`) return { kind: 'missing' };
  const found = trial(world, spec);
  const { files } = there;
  const parents = [spec.ours, spec.theirs];
  const { message, dateMs } = made;
  const commit = addCommit(world, { files, parents, message, dateMs });
  world.kept.set(made.keepRef, commit.id);
  const changed = changedPaths(found.files, files);
  return {
    kind: 'read',
    commit: commit.id,
    tree: commit.tree,
    markers: found.conflicts.filter((path) => /^<{7} /m.test(files.get(path) ?? '')),
    outside: changed.filter((path) => !found.conflicts.includes(path)),
    isUntouched: changed.length === 0,
  };
}
