/** One long-lived `cat-file --batch-command`: objects and refs at 0.07 ms a question instead of a process each. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { GitFailure } from './failure.ts';
import type { KnownObject, ObjectCache } from './object-cache.ts';
import { killGroup, type GitRunner } from './run.ts';

export interface ObjectInfo {
  readonly oid: string;
  readonly type: string;
  readonly size: number;
}

interface Request {
  readonly line: string;
  readonly wantsContent: boolean;
  readonly resolve: (answer: { info: ObjectInfo; content: Buffer } | null) => void;
  readonly reject: (error: unknown) => void;
  tries: number;
}

/** Answers in order; starts again by itself when its process dies. Does not keep the program alive while idle. */
export class ObjectReader {
  readonly #runner: GitRunner;
  readonly #gitDir: string;
  readonly #cache: ObjectCache | null;
  #child: ChildProcess | null = null;
  #waiting: Request[] = [];
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = 1;

  /** `cache`: only for a store that loses nothing. */
  constructor(runner: GitRunner, gitDir: string, cache: ObjectCache | null = null) {
    this.#runner = runner;
    this.#gitDir = gitDir;
    this.#cache = cache;
  }

  /** null when `name` names nothing. */
  async info(name: string): Promise<ObjectInfo | null> {
    const known = this.#cache?.get(name) ?? null;
    if (known !== null) return infoOf(name, known);
    return (await this.#ask(`info ${name}`, name, false))?.info ?? null;
  }

  /** Of commits and trees the same bytes may be given to several callers: nobody writes into them. */
  async content(name: string): Promise<{ readonly info: ObjectInfo; readonly content: Buffer } | null> {
    const known = this.#cache?.get(name) ?? null;
    if (known !== null) return { info: infoOf(name, known), content: known.content };
    const found = await this.#ask(`contents ${name}`, name, true);
    if (found !== null) this.remember(found.info.oid, { type: found.info.type, content: found.content });
    return found;
  }

  /** An object that is in the store: read just now, or written by this program. */
  remember(id: string, object: KnownObject): void {
    this.#cache?.put(id, object);
  }

  /** Ends the process; the next question starts another. */
  close(): void {
    const child = this.#child;
    this.#child = null;
    if (child !== null) killGroup(child);
  }

  #ask(
    line: string,
    name: string,
    wantsContent: boolean,
  ): Promise<{ info: ObjectInfo; content: Buffer } | null> {
    // A line break would be a second command.
    if (name === '' || /[\n\0]/.test(name)) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const request: Request = { line, wantsContent, resolve, reject, tries: 0 };
      this.#waiting.push(request);
      this.#send([request]);
    });
  }

  #send(requests: readonly Request[]): void {
    const child = this.#child ?? this.#start();
    setReferenced(child, true);
    for (const request of requests) request.tries += 1;
    child.stdin?.write(`${requests.map((request) => request.line).join('\n')}\n`);
  }

  #start(): ChildProcess {
    const child = this.#runner.open({
      label: 'read objects',
      gitDir: this.#gitDir,
      args: ['cat-file', '--batch-command'],
    });
    this.#child = child;
    this.#chunks = [];
    this.#buffered = 0;
    this.#needed = 1;
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#child !== child) return;
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
      if (this.#buffered >= this.#needed) this.#drain();
    });
    child.on('error', (error) => this.#ended(child, error));
    child.on('close', () => this.#ended(child, null));
    return child;
  }

  #ended(child: ChildProcess, cause: Error | null): void {
    if (this.#child !== child) return;
    this.#child = null;
    // The first question may have been what killed it (a corrupt object); each gets one more process.
    const again = this.#waiting.filter((request) => request.tries < 2);
    const given = this.#waiting.filter((request) => request.tries >= 2);
    this.#waiting = again;
    for (const request of given) {
      request.reject(
        new GitFailure(
          'git-repository-damaged',
          `cannot read ${request.line.replace(/^\w+ /, '')} in ${this.#gitDir}`,
          {
            cause,
            hint: `run: git --git-dir=${this.#gitDir} fsck`,
          },
        ),
      );
    }
    if (again.length > 0) this.#send(again);
  }

  #drain(): void {
    let data = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#needed = 1;
    while (data.length > 0 && this.#waiting.length > 0) {
      const used = this.#takeAnswer(data);
      if (used === 0) break;
      data = data.subarray(used);
    }
    this.#chunks = data.length === 0 ? [] : [data];
    this.#buffered = data.length;
    if (this.#waiting.length === 0 && this.#child !== null) setReferenced(this.#child, false);
  }

  /** Bytes of one whole answer, 0 when it has not fully arrived. */
  #takeAnswer(data: Buffer): number {
    const request = this.#waiting[0];
    const end = data.indexOf(10);
    if (request === undefined || end === -1) {
      this.#needed = data.length + 1;
      return 0;
    }
    const header = data.toString('utf8', 0, end);
    const match = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header);
    if (match === null) {
      this.#waiting.shift();
      request.resolve(null);
      return end + 1;
    }
    const info = { oid: match[1] ?? '', type: match[2] ?? '', size: Number(match[3]) };
    const total = request.wantsContent ? end + 1 + info.size + 1 : end + 1;
    if (data.length < total) {
      this.#needed = total;
      return 0;
    }
    this.#waiting.shift();
    const content = request.wantsContent ? Buffer.from(data.subarray(end + 1, total - 1)) : Buffer.alloc(0);
    request.resolve({ info, content });
    return total;
  }
}

function infoOf(oid: string, { type, content }: KnownObject): ObjectInfo {
  return { oid, type, size: content.length };
}

function setReferenced(child: ChildProcess, isReferenced: boolean): void {
  const handles = [child, child.stdin as Socket | null, child.stdout as Socket | null];
  for (const handle of handles) {
    if (handle === null) continue;
    if (isReferenced) handle.ref();
    else handle.unref();
  }
}
