/** Which worktrees have to be looked at now: those a trusted watch told of, those not watched, and now and then all. */
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

  due(): readonly TaskId[] {
    const now = this.#deps.clock.monotonic();
    return [...this.#watched].flatMap(([task, one]) => {
      const isQuiet = this.areTrusted && one.watch !== null && !one.hasChanged && !one.isMissing;
      return isQuiet && now - one.lookedAtMs < RECHECK_MS ? [] : [task];
    });
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
    one.isMissing = one.watch !== null && isChanged && !one.hasChanged;
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
      hasChanged: true,
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
        // What changed while it was set up was told to nobody.
        one.hasChanged = true;
      },
      () => undefined,
    );
  }

  #drop(one: Watched): void {
    one.isClosed = true;
    one.watch?.close();
  }
}
