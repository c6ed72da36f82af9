import { Failure } from '../../kit/failure.ts';
import type { FilesPort, FolderEntry } from '../../ports/world.ts';

/** Files in memory; `failNext` makes the next call fail as a full disk does. */
export class FakeFiles implements FilesPort {
  readonly #contents = new Map<string, string>();
  #failure: string | null = null;

  async write(path: string, content: string): Promise<void> {
    this.#failIfAsked('write', path);
    this.#refuseFolder(path);
    const blocked = [...this.#contents.keys()].some((other) => path.startsWith(`${other}/`));
    if (blocked) throw new Failure('file-unavailable', `cannot write ${path}`);
    this.#contents.set(path, content);
  }

  async read(path: string): Promise<string | null> {
    this.#failIfAsked('read', path);
    this.#refuseFolder(path);
    return this.#contents.get(path) ?? null;
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    this.#failIfAsked('list', path);
    const names = new Set<string>();
    for (const file of this.#contents.keys()) {
      if (file.startsWith(`${path}/`)) names.add(file.slice(path.length + 1).split('/')[0] ?? '');
    }
    return [...names].map((name) => ({ name, modifiedAtMs: 0 }));
  }

  async remove(path: string): Promise<void> {
    this.#failIfAsked('remove', path);
    for (const file of this.#contents.keys()) {
      if (file === path || file.startsWith(`${path}/`)) this.#contents.delete(file);
    }
  }

  failNext(code: 'file-unavailable' | 'file-refused'): void {
    this.#failure = code;
  }

  /** Every path written so far, sorted. */
  get paths(): readonly string[] {
    return [...this.#contents.keys()].toSorted();
  }

  #failIfAsked(verb: string, path: string): void {
    const code = this.#failure;
    this.#failure = null;
    if (code !== null) throw new Failure(code, `cannot ${verb} ${path}`);
  }

  #refuseFolder(path: string): void {
    const isFolder = [...this.#contents.keys()].some((other) => other.startsWith(`${path}/`));
    if (isFolder) throw new Failure('file-refused', `${path} is a folder`);
  }
}
