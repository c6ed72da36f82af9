/**
 * Folder watches of the operating system. macOS and Windows watch a whole tree with one handle; on Linux each folder has a
 * watch of its own, new folders are followed as they appear, and what a machine allows is shared by all its programs: a tree
 * with too many folders is not watched at all.
 */
import { type Dirent, watch as watchPath } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderWatch, WatchPort } from '../../ports/world.ts';

/** Folders of one tree; a larger one is looked at instead. */
const MAX_FOLDERS = 2_000;
/** Folders of all trees. */
const MAX_ALL_FOLDERS = 20_000;
/** git's own folder, and where installed packages are unpacked by the thousand. */
const PASSED_OVER: ReadonlySet<string> = new Set(['.git', 'node_modules']);

export interface WatchOptions {
  readonly platform: NodeJS.Platform;
  readonly maxFolders: number;
  readonly maxAllFolders: number;
}

export function openWatch(options: Partial<WatchOptions> = {}): WatchPort {
  const { platform = process.platform, maxFolders = MAX_FOLDERS, maxAllFolders = MAX_ALL_FOLDERS } = options;
  const count = { open: 0 };
  return {
    watch: async (folder, onChange) => {
      if (platform === 'darwin' || platform === 'win32') return watchTree(folder, onChange);
      const tree = new WatchedTree(onChange, count, { maxFolders, maxAllFolders });
      return (await tree.add(folder)) ? tree : (tree.close(), null);
    },
  };
}

function watchTree(folder: string, onChange: () => void): FolderWatch | null {
  try {
    const watcher = watchPath(folder, { recursive: true, persistent: false }, (_, name) => {
      if (name === null || !name.split(/[\\/]/).some((part) => PASSED_OVER.has(part))) onChange();
    });
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return null;
  }
}

class WatchedTree implements FolderWatch {
  readonly #onChange: () => void;
  readonly #count: { open: number };
  readonly #limits: { readonly maxFolders: number; readonly maxAllFolders: number };
  readonly #folders = new Map<string, FolderWatch>();
  #isClosed = false;

  constructor(
    onChange: () => void,
    count: { open: number },
    limits: { readonly maxFolders: number; readonly maxAllFolders: number },
  ) {
    this.#onChange = onChange;
    this.#count = count;
    this.#limits = limits;
  }

  /** Watches `folder` and all below it; false when that is not to be had. */
  async add(folder: string): Promise<boolean> {
    const open = [folder];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#isClosed || this.#folders.has(next)) continue;
      if (!this.#watchOne(next)) return false;
      // Listed after it is watched: a folder made in between is told of.
      for (const entry of await entriesOf(next))
        if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) open.push(join(next, entry.name));
    }
    return true;
  }

  close(): void {
    this.#isClosed = true;
    for (const folder of this.#folders.keys()) this.#drop(folder);
  }

  #watchOne(folder: string): boolean {
    const { maxFolders, maxAllFolders } = this.#limits;
    if (this.#folders.size >= maxFolders || this.#count.open >= maxAllFolders) return false;
    try {
      const watcher = watchPath(folder, { persistent: false }, (event, name) => {
        if (name !== null && PASSED_OVER.has(name)) return;
        this.#onChange();
        if (event === 'rename' && name !== null) void this.#grow(join(folder, name));
      });
      watcher.on('error', () => {
        this.#onChange();
        this.#drop(folder);
      });
      this.#folders.set(folder, watcher);
      this.#count.open += 1;
      return true;
    } catch (error) {
      // Gone again before it could be watched: whoever removed it is told of by the folder above.
      return (
        error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      );
    }
  }

  /** A name came or went: a new folder is followed, one that went is let go. */
  async #grow(path: string): Promise<void> {
    const stat = await lstat(path).catch(() => null);
    const isFolder = stat?.isDirectory() === true;
    if (!isFolder) for (const own of this.#folders.keys()) if (isWithin(own, path)) this.#drop(own);
    if (!isFolder || this.#isClosed) return;
    // Made anew under the same name, it is another folder.
    this.#drop(path);
    // Beyond the limit its changes go untold; whoever trusts the watch looks now and then all the same.
    await this.add(path);
    this.#onChange();
  }

  #drop(folder: string): void {
    const watcher = this.#folders.get(folder);
    if (watcher === undefined) return;
    this.#folders.delete(folder);
    this.#count.open -= 1;
    watcher.close();
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
