import type { CommitId } from '../../core/ids.ts';
import { commitOf, type FakeWorld } from './world.ts';

/** Walks only commits of a higher generation than `ancestor`. */
export function isAncestor(world: FakeWorld, ancestor: CommitId, descendant: CommitId): boolean {
  const limit = commitOf(world, ancestor).generation;
  const seen = new Set<CommitId>();
  const open = [descendant];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === ancestor) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    const commit = commitOf(world, id);
    if (commit.generation > limit) open.push(...commit.parents);
  }
  return false;
}

const LEFT = 1;
const RIGHT = 2;

/** The common ancestor of the highest generation, null when there is none. */
export function mergeBase(world: FakeWorld, a: CommitId, b: CommitId): CommitId | null {
  const sides = new Map<CommitId, number>();
  const open: CommitId[] = [];
  const mark = (id: CommitId, side: number) => {
    const before = sides.get(id) ?? 0;
    if (before === 0) open.push(id);
    sides.set(id, before | side);
  };
  mark(a, LEFT);
  mark(b, RIGHT);
  while (open.length > 0) {
    // Highest generation first: when a commit is taken, both sides have already reached it if they ever do.
    let at = 0;
    for (let other = 1; other < open.length; other += 1) {
      if (generation(world, open[other]) > generation(world, open[at])) at = other;
    }
    const id = open.splice(at, 1)[0];
    if (id === undefined) break;
    const side = sides.get(id) ?? 0;
    if (side === (LEFT | RIGHT)) return id;
    for (const parent of commitOf(world, id).parents) mark(parent, side);
  }
  return null;
}

function generation(world: FakeWorld, id: CommitId | undefined): number {
  return id === undefined ? 0 : commitOf(world, id).generation;
}

/** Commits of `head` that `without` does not contain, oldest first. */
export function commitsBetween(world: FakeWorld, without: CommitId, head: CommitId): readonly CommitId[] {
  const found: CommitId[] = [];
  const seen = new Set<CommitId>();
  const open = [head];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id) || isAncestor(world, id, without)) continue;
    seen.add(id);
    found.push(id);
    open.push(...commitOf(world, id).parents);
  }
  return found.toSorted((x, y) => generation(world, x) - generation(world, y));
}
