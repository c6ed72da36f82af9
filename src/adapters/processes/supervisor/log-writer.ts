import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isCode } from '../run-folder.ts';

const SEGMENTS = 16;
/** After a refused write the disk is tried again no sooner than this; what comes in between is dropped. */
const RETRY_MS = 1_000;

/** The system calls a test replaces. */
export interface LogDisk {
  open(path: string): number;
  write(file: number, bytes: Uint8Array): number;
  close(file: number): void;
  sync(file: number): void;
}

export const realDisk: LogDisk = {
  open: (path) =>
    openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0),
      0o600,
    ),
  write: (file, bytes) => writeSync(file, bytes),
  close: (file) => {
    closeSync(file);
  },
  sync: (file) => {
    fsyncSync(file);
  },
};

/**
 * Keeps the head of a stream in `log` and its tail in segments `log.<offset>`, named by the offset of their first byte in
 * the stream, so that a reader needs nothing but the folder. The oldest segment goes before the tail would exceed its
 * cap: of a long stream about 15/16 of the cap and at most the cap are kept. A disk that refuses a write leaves a hole and harms nothing else;
 * holes are seen by the reader from the offsets, one at the end from the exit record.
 */
export class LogWriter {
  readonly #folder: string;
  readonly #cap: { readonly headBytes: number; readonly tailBytes: number };
  readonly #segmentBytes: number;
  readonly #disk: LogDisk;
  readonly #now: () => number;
  readonly #segments: { readonly start: number; size: number }[] = [];
  #file: number | null;
  #isHead = true;
  #offset = 0;
  #refusedUntil = -1;

  constructor(
    folder: string,
    cap: { readonly headBytes: number; readonly tailBytes: number },
    disk: LogDisk = realDisk,
    now: () => number = () => performance.now(),
  ) {
    this.#folder = folder;
    this.#cap = cap;
    this.#segmentBytes = cap.tailBytes === 0 ? 0 : Math.max(1, Math.floor(cap.tailBytes / SEGMENTS));
    this.#disk = disk;
    this.#now = now;
    try {
      this.#file = disk.open(join(folder, 'log'));
    } catch (error) {
      if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error;
      this.#file = null;
      this.#isHead = false;
    }
  }

  /** Never throws for a full disk. */
  write(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const room = this.#room();
      const part = rest.subarray(0, room);
      rest = rest.subarray(room);
      if (this.#file !== null) this.#append(this.#file, part);
      this.#offset += part.length;
    }
  }

  /** Bytes given so far, kept or not. */
  get totalBytes(): number {
    return this.#offset;
  }

  close(): void {
    if (this.#file === null) return;
    try {
      this.#disk.sync(this.#file);
    } catch {
      // The bytes are as durable as the disk makes them; there is nobody left to tell.
    }
    this.#closeFile();
  }

  /** Bytes that fit where the next byte goes, after switching to the file it goes to. */
  #room(): number {
    if (this.#isHead) {
      const room = this.#cap.headBytes - this.#offset;
      if (room > 0) return room;
      this.#isHead = false;
      this.#closeFile();
    }
    if (this.#segmentBytes === 0) return Number.MAX_SAFE_INTEGER;
    const current = this.#segments.at(-1);
    if (this.#file !== null && current !== undefined && current.size < this.#segmentBytes)
      return this.#segmentBytes - current.size;
    this.#closeFile();
    if (this.#now() >= this.#refusedUntil) this.#openSegment();
    return this.#segmentBytes;
  }

  #openSegment(): void {
    let kept = this.#segments.reduce((sum, segment) => sum + segment.size, this.#segmentBytes);
    while (kept > this.#cap.tailBytes && this.#segments.length > 0) {
      const oldest = this.#segments.shift();
      if (oldest === undefined) break;
      kept -= oldest.size;
      unlinkSync(join(this.#folder, segmentName(oldest.start)));
    }
    try {
      this.#file = this.#disk.open(join(this.#folder, segmentName(this.#offset)));
      this.#segments.push({ start: this.#offset, size: 0 });
    } catch (error) {
      this.#refuse(error);
    }
  }

  #append(file: number, bytes: Uint8Array): void {
    let at = 0;
    try {
      while (at < bytes.length) at += this.#disk.write(file, bytes.subarray(at));
    } catch (error) {
      this.#refuse(error);
    }
    const current = this.#segments.at(-1);
    if (!this.#isHead && current !== undefined) current.size += at;
    // Later bytes must not follow a hole within one file: their offsets would be wrong.
    if (at < bytes.length) {
      this.#isHead = false;
      this.#closeFile();
    }
  }

  #refuse(error: unknown): void {
    if (!isCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE', 'ENOENT')) throw error;
    this.#refusedUntil = this.#now() + RETRY_MS;
  }

  #closeFile(): void {
    if (this.#file === null) return;
    const file = this.#file;
    this.#file = null;
    this.#disk.close(file);
  }
}

export function segmentName(start: number): string {
  return `log.${String(start).padStart(16, '0')}`;
}
