import type { Readable } from 'node:stream';
import { Redactor } from '../../../kit/redact.ts';
import { LineMerge, type StreamName } from './line-merge.ts';
import type { LogWriter } from './log-writer.ts';

/**
 * The way from the pipes to the log: redact each stream, merge by lines, write. Writing is synchronous, so a flood is
 * held back in the pipe and memory stays bounded.
 */
export class Output {
  readonly #log: LogWriter;
  readonly #merge: LineMerge;
  readonly #secrets: readonly string[];
  /** Streams that have not ended, with what to do when they do. */
  readonly #open = new Map<Readable, () => void>();
  readonly #ends: (() => void)[] = [];
  #receivedBytes = 0;
  #lastAt = performance.now();

  constructor(log: LogWriter, secrets: readonly string[]) {
    this.#log = log;
    this.#secrets = secrets;
    this.#merge = new LineMerge((bytes) => {
      log.write(bytes);
    });
  }

  attach(name: StreamName, stream: Readable): void {
    const redactor = new Redactor(this.#secrets);
    stream.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length;
      this.#lastAt = performance.now();
      for (const part of redactor.push(chunk)) this.#merge.push(name, part);
    });
    const finish = (): void => {
      if (!this.#open.delete(stream)) return;
      for (const part of redactor.end()) this.#merge.push(name, part);
      if (this.#open.size === 0) for (const wake of this.#ends.splice(0)) wake();
    };
    this.#open.set(stream, finish);
    stream.on('end', finish);
    stream.on('close', finish);
    stream.on('error', finish);
  }

  /** Before redaction. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Monotonic time of the last byte, or of the creation. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Every writer has closed its end. */
  get isDrained(): boolean {
    return this.#open.size === 0;
  }

  /** Resolves when every writer has closed its end, or after `limitMs`; true in the first case. */
  async drained(limitMs: number): Promise<boolean> {
    if (this.#open.size === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(false);
      }, limitMs);
      this.#ends.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Closes our end: a process that still writes gets EPIPE. */
  close(): void {
    for (const [stream, finish] of this.#open) {
      stream.removeAllListeners('data');
      stream.destroy();
      finish();
    }
  }

  /** After the last byte, nothing may be attached afterwards; returns the length of the log's stream. */
  finish(): number {
    this.#merge.end();
    return this.#log.totalBytes;
  }

  /** Flushes the log to the disk and closes it; nothing may follow. */
  seal(): void {
    this.#log.close();
  }
}
