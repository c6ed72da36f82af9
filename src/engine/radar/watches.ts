/** Which worktrees have to be looked at: at once those a watch told of, in turn those no watch vouches for. */
import type { AbsolutePath, TaskId } from '../../core/ids.ts';
import type { RadarMember } from '../../core/separation/radar-members.ts';
import type { WorktreeSighting } from '../../ports/git-separation.ts';
import type { FolderWatch } from '../../ports/world.ts';
import type { Deps } from '../deps.ts';

/** A watched worktree is looked at as often at least, whatever its watch says. */
const RECHECK_MS = 30_000;
/** Changes that no watch told of, before watches are believed no more. */
const MAX_MISSED = 2;

interface Watched {
  readonly folder: AbsolutePath;
  /** null until it is set up, or when it cannot be watched. */
  watch: FolderWatch | null;
  isClosed: boolean;
  hasChanged: boolean;
  /** Not looked at since its watch was set up: what changed until then was told to nobody. */
  isUnseen: boolean;
  /** A change was found that had not been told of; it may still come. */
  isMissing: boolean;
  lookedAtMs: number;
}

export class WorktreeWatches {
  readonly #deps: Pick<Deps, 'clock' | 'watch'>;
  readonly #watched = new Map<TaskId, Watched>();
  /** A watch told of a change that a look then found. */
  #isProven = false;
  #missed = 0;

  constructor(deps: Pick<Deps, 'clock' | 'watch'>) {
    this.#deps = deps;
  }

  get areTrusted(): boolean {
    return this.#isProven && this.#missed < MAX_MISSED;
  }

  /** Watches exactly these. */
  follow(members: readonly RadarMember[]): void {
    const wanted = new Map(members.map(({ task, worktree }) => [task, worktree]));
    for (const [task, watched] of this.#watched) {
      if (wanted.get(task) === watched.folder) continue;
      this.#drop(watched);
      this.#watched.delete(task);
    }
    for (const [task, folder] of wanted) if (!this.#watched.has(task)) this.#begin(task, folder);
  }

  /** Changed, as a watch says. */
  told(): readonly TaskId[] {
    return [...this.#watched].flatMap(([task, one]) => (one.hasChanged || one.isMissing ? [task] : []));
  }

  /** Of the others those that may have changed, the one that was looked at longest ago first. */
  unsure(): readonly { readonly task: TaskId; readonly isNew: boolean }[] {
    const now = this.#deps.clock.monotonic();
    const isSure = ({ watch, isUnseen, lookedAtMs }: Watched): boolean =>
      this.areTrusted && watch !== null && !isUnseen && now - lookedAtMs < RECHECK_MS;
    return [...this.#watched]
      .filter(([, one]) => !one.hasChanged && !one.isMissing && !isSure(one))
      .toSorted(([, a], [, b]) => a.lookedAtMs - b.lookedAtMs || 0)
      .map(([task, { lookedAtMs }]) => ({ task, isNew: lookedAtMs === Number.NEGATIVE_INFINITY }));
  }

  /** What a look found says whether the watch can be believed. */
  looked(task: TaskId, before: WorktreeSighting | null, after: WorktreeSighting | null): void {
    const one = this.#watched.get(task);
    if (one === undefined) return;
    one.lookedAtMs = this.#deps.clock.monotonic();
    // A commit alone writes no file that is watched.
    const isChanged =
      before !== null && after !== null && before.head === after.head && before.stamp !== after.stamp;
    if (one.watch !== null && one.hasChanged && isChanged) this.#isProven = true;
    if (one.isMissing && !one.hasChanged) this.#missed += 1;
    one.isMissing = one.watch !== null && isChanged && !one.hasChanged && !one.isUnseen;
    one.isUnseen = one.watch === null;
    one.hasChanged = false;
  }

  close(): void {
    for (const one of this.#watched.values()) this.#drop(one);
    this.#watched.clear();
  }

  #begin(task: TaskId, folder: AbsolutePath): void {
    const one: Watched = {
      folder,
      watch: null,
      isClosed: false,
      hasChanged: false,
      isUnseen: true,
      isMissing: false,
      lookedAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#watched.set(task, one);
    const changed = (): void => {
      one.hasChanged = true;
    };
    this.#deps.watch.watch(folder, changed).then(
      (watch) => {
        if (one.isClosed) watch?.close();
        else one.watch = watch;
      },
      () => undefined,
    );
  }

  #drop(one: Watched): void {
    one.isClosed = true;
    one.watch?.close();
  }
}
