import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isCode, readRecord } from './run-folder.ts';

interface Part {
  readonly path: string;
  readonly start: number;
  readonly size: number;
}

export interface LogPiece {
  readonly text: string;
  /** Offset of the next byte to ask for. */
  readonly nextOffset: number;
  /** Length of the stream so far, kept or not. */
  readonly totalBytes: number;
}

const ATTEMPTS = 5;

/**
 * Reads from `offset` of the stream. Where bytes were not kept, the text is one marker line and `nextOffset` is behind
 * the gap; a piece never spans a gap. A character cut by `maxBytes`, or not yet written whole while the process still
 * runs, is left for the next piece.
 */
export function readLogPiece(runDir: string, offset: number, maxBytes: number): LogPiece {
  const from = Math.max(0, Math.floor(offset));
  for (let attempt = 1; ; attempt += 1) {
    const parts = listParts(runDir);
    const total = Math.max(
      readRecord(runDir, 'exit')?.logBytes ?? 0,
      ...parts.map((part) => part.start + part.size),
      0,
    );
    const index = parts.findIndex((candidate) => from < candidate.start + candidate.size);
    const part = parts[index];
    if (part === undefined) {
      if (from >= total) return { text: '', nextOffset: total, totalBytes: total };
      return { text: gapMarker(total - from), nextOffset: total, totalBytes: total };
    }
    if (from < part.start)
      return { text: gapMarker(part.start - from), nextOffset: part.start, totalBytes: total };
    try {
      const bytes = readParts(parts.slice(index), from, Math.max(1, maxBytes));
      const isAtEnd = from + bytes.length >= total;
      const whole = isAtEnd && hasEnded(runDir) ? bytes.length : wholeCharacters(bytes, isAtEnd);
      return { text: bytes.toString('utf8', 0, whole), nextOffset: from + whole, totalBytes: total };
    } catch (error) {
      // The writer dropped this segment between listing and reading.
      if (!isCode(error, 'ENOENT') || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Bytes of the stream so far and the time of the last write; zeros when there is no log. */
export function logProgress(runDir: string): { readonly totalBytes: number; readonly changedAtMs: number } {
  let totalBytes = 0;
  let changedAtMs = 0;
  for (const part of listParts(runDir)) {
    totalBytes = Math.max(totalBytes, part.start + part.size);
    changedAtMs = Math.max(changedAtMs, statSync(part.path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  }
  return { totalBytes, changedAtMs };
}

/** From `from` to the next gap, at most `maxBytes`; the first of `parts` holds `from`. */
function readParts(parts: readonly Part[], from: number, maxBytes: number): Buffer {
  const pieces: Buffer[] = [];
  let at = from;
  for (const part of parts) {
    const wanted = Math.min(part.start + part.size - at, from + maxBytes - at);
    if (part.start > at || wanted <= 0) break;
    const bytes = Buffer.allocUnsafe(wanted);
    const file = openSync(part.path, 'r');
    try {
      const count = readSync(file, bytes, 0, wanted, at - part.start);
      pieces.push(bytes.subarray(0, count));
      at += count;
      if (count < wanted) break;
    } finally {
      closeSync(file);
    }
  }
  return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
}

/** Length without a trailing incomplete UTF-8 sequence. Unless `mayBeEmpty`, all of it when nothing else would be left. */
export function wholeCharacters(bytes: Uint8Array, mayBeEmpty: boolean): number {
  const count = bytes.length;
  for (let back = 1; back <= Math.min(3, count); back += 1) {
    const byte = bytes[count - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf8 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    const whole = length > back ? count - back : count;
    return whole === 0 && !mayBeEmpty ? count : whole;
  }
  return count;
}

function listParts(runDir: string): readonly Part[] {
  let names: string[];
  try {
    names = readdirSync(runDir);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
  return names
    .flatMap((name) => {
      const match = /^log(?:\.(\d+))?$/.exec(name);
      if (match === null) return [];
      const path = join(runDir, name);
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      return size === undefined ? [] : [{ path, start: Number(match[1] ?? 0), size }];
    })
    .filter((part) => part.size > 0)
    .toSorted((a, b) => a.start - b.start);
}

function hasEnded(runDir: string): boolean {
  return statSync(join(runDir, 'exit'), { throwIfNoEntry: false }) !== undefined;
}

function gapMarker(bytes: number): string {
  return `\n[copse: ${bytes} bytes of output not kept]\n`;
}
