/**
 * How two histories meet, from the commits themselves: git's own way (paint both down to what they share, newest first),
 * without a process. Where the walk would be long, or a parent is missing (shallow histories), git is asked instead.
 */
import type { CommitId } from '../../core/ids.ts';
import { readCommit, type CommitFacts } from './objects.ts';
import type { ObjectReader } from './reader.ts';

/** Commits looked at, chosen and not tuned: one question each, so that a long walk stays within a process of git's. */
const MAX_VISITED = 300;

const ROOT = 1;
const HEAD = 2;
const BOTH = ROOT | HEAD;
/** Reached from a common ancestor: no better one. */
const STALE = 4;

export interface Meeting {
  /** Best common ancestors; several after criss-crossed merges. */
  readonly bases: readonly CommitId[];
  /** Commits of `head` that `root` does not reach, each before its parents. */
  readonly own: readonly CommitId[];
}

interface Visited {
  readonly id: CommitId;
  readonly commit: CommitFacts;
  flags: number;
}

/** null: git has to be asked. Both commits are in the store of `reader`. */
export async function meetingOf(
  reader: ObjectReader,
  root: CommitId,
  head: CommitId,
): Promise<Meeting | null> {
  const walk = new Walk(reader);
  if (!(await walk.reach(root, ROOT)) || !(await walk.reach(head, HEAD))) return null;
  for (let next = walk.next(); next !== null; next = walk.next()) {
    if ((next.flags & BOTH) === BOTH && (next.flags & STALE) === 0) walk.noteCommon(next);
    const down = (next.flags & BOTH) === BOTH ? next.flags | STALE : next.flags;
    for (const parent of next.commit.parents) if (!(await walk.reach(parent, down))) return null;
  }
  const { bases, own } = walk;
  // Several may be ancestors of one another where clocks were wrong: git tells which.
  return bases.length > 1 ? null : { bases, own };
}

class Walk {
  readonly #reader: ObjectReader;
  readonly #visited = new Map<CommitId, Visited>();
  /** Oldest first, so that the newest is taken from the end. */
  readonly #waiting: Visited[] = [];
  readonly #common: Visited[] = [];
  #fresh = 0;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  get bases(): readonly CommitId[] {
    return this.#common.filter(({ flags }) => (flags & STALE) === 0).map(({ id }) => id);
  }

  get own(): readonly CommitId[] {
    const own = [...this.#visited.values()].filter(({ flags }) => (flags & BOTH) === HEAD);
    const children = new Map(own.map(({ id }) => [id, 0]));
    const count = (id: CommitId, step: number): number => {
      const now = (children.get(id) ?? 0) + step;
      if (children.has(id)) children.set(id, now);
      return now;
    };
    for (const { commit } of own) for (const parent of commit.parents) count(parent, 1);
    const free = own.filter(({ id }) => children.get(id) === 0);
    const ordered: CommitId[] = [];
    for (let next = free.pop(); next !== undefined; next = free.pop()) {
      ordered.push(next.id);
      for (const parent of next.commit.parents) {
        const visited = children.has(parent) ? this.#visited.get(parent) : undefined;
        if (count(parent, -1) === 0 && visited !== undefined) free.push(visited);
      }
    }
    return ordered;
  }

  noteCommon(commit: Visited): void {
    this.#common.push(commit);
  }

  /** False when the commit cannot be read or there are too many. */
  async reach(id: CommitId, flags: number): Promise<boolean> {
    const known = this.#visited.get(id);
    if (known === undefined) {
      if (this.#visited.size >= MAX_VISITED) return false;
      const commit = await readCommit(this.#reader, id);
      if (commit === null) return false;
      const visited: Visited = { id, commit, flags };
      this.#visited.set(id, visited);
      this.#push(visited);
      return true;
    }
    if ((known.flags & flags) === flags) return true;
    const isWaiting = this.#waiting.includes(known);
    if (isWaiting && isFresh(known)) this.#fresh -= 1;
    known.flags |= flags;
    if (!isWaiting) this.#push(known);
    else if (isFresh(known)) this.#fresh += 1;
    return true;
  }

  /** The newest that may still tell something; null when nothing can. */
  next(): Visited | null {
    const newest = this.#waiting.at(-1);
    if (newest === undefined || (this.#fresh === 0 && !this.#mayMakeCommon(newest))) return null;
    this.#waiting.pop();
    if (isFresh(newest)) this.#fresh -= 1;
    return newest;
  }

  /** A common ancestor still waiting may reach what looks like a commit of one side alone, unless all of those are newer. */
  #mayMakeCommon(newest: Visited): boolean {
    for (const { flags, commit } of this.#visited.values()) {
      if ((flags & BOTH) === HEAD && commit.committerSeconds <= newest.commit.committerSeconds) return true;
    }
    return false;
  }

  #push(visited: Visited): void {
    if (isFresh(visited)) this.#fresh += 1;
    const { committerSeconds } = visited.commit;
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1]?.commit.committerSeconds ?? 0) > committerSeconds) at -= 1;
    this.#waiting.splice(at, 0, visited);
  }
}

function isFresh({ flags }: Visited): boolean {
  return (flags & STALE) === 0;
}
