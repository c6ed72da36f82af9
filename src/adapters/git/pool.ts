/**
 * Spare trees for large repositories: whole checkouts no agent has ever touched, made while nobody waits and renamed
 * into place when one is needed (about a sixth of the time of a checkout). Trees that agents used are never reused.
 */
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { entriesOf, readIfThere, removeTree, writeWhole } from './files.ts';
import { newNonce } from './ownership.ts';
import { CHECKOUT_TIMEOUT_MS } from './populate.ts';

/** Spares kept; each costs one checkout's disk. */
const SPARES = 2;

export interface Spare {
  readonly tree: string;
  readonly index: string;
  readonly commit: CommitId;
  readonly discard: () => Promise<void>;
}

export class Pool {
  readonly #context: GitContext;
  readonly #folder: string;
  #filling: Promise<void> | null = null;

  constructor(context: GitContext) {
    this.#context = context;
    this.#folder = join(context.places.state, 'pool');
  }

  /** A spare on the same file system as `target`, now the caller's alone; null when there is none. */
  async take(target: string): Promise<Spare | null> {
    const spares = (await entriesOf(this.#folder)).filter((entry) => entry.name.startsWith('spare-'));
    for (const { name } of spares) {
      if (!(await isSameDevice(this.#folder, target))) return null;
      const mine = join(this.#folder, `taken-${newNonce()}`);
      try {
        await rename(join(this.#folder, name), mine);
      } catch {
        // Another provision was quicker.
        continue;
      }
      const commit = parseCommitId((await readIfThere(join(mine, 'commit'))) ?? '');
      if (commit === null) continue;
      return {
        tree: join(mine, 'tree'),
        index: join(mine, 'index'),
        commit,
        discard: () => removeTree(mine),
      };
    }
    return null;
  }

  /** Tops up in the background; a failure only means that the next checkout is a plain one. */
  refill(commit: CommitId): void {
    this.#filling ??= this.#fill(commit)
      .catch(() => undefined)
      .finally(() => {
        this.#filling = null;
      });
  }

  /** Resolves when no spare is being made. */
  async settled(): Promise<void> {
    await this.#filling;
  }

  /** Removes what a process that died left behind. Call before any `take`. */
  async sweep(): Promise<void> {
    for (const { name } of await entriesOf(this.#folder)) {
      if (!name.startsWith('spare-')) await removeTree(join(this.#folder, name));
    }
  }

  async #fill(commit: CommitId): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (;;) {
      const names = (await entriesOf(this.#folder)).map((entry) => entry.name);
      if (names.filter((name) => name.startsWith('spare-')).length >= SPARES) return;
      const making = join(this.#folder, `making-${newNonce()}`);
      await mkdir(join(making, 'tree'), { recursive: true });
      await this.#context.checkouts.run(() =>
        this.#context.git.run({
          label: 'prepare a spare checkout',
          gitDir: this.#context.places.control,
          workTree: join(making, 'tree'),
          indexFile: join(making, 'index'),
          args: ['read-tree', '-u', '-m', commit],
          timeoutMs: CHECKOUT_TIMEOUT_MS,
        }),
      );
      await writeWhole(join(making, 'commit'), commit);
      await rename(making, join(this.#folder, `spare-${newNonce()}`));
    }
  }
}

async function isSameDevice(a: string, target: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(a), stat(dirname(target))]);
  return left.dev === right.dev;
}
