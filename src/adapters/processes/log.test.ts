import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { logProgress, readLogPiece, wholeCharacters } from './log-reader.ts';
import { LogWriter, realDisk, type LogDisk } from './supervisor/log-writer.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('the log', () => {
  test.each([
    [0, 0],
    [0, 100],
    [1, 1],
    [10, 0],
    [100, 1_000],
    [5_000, 3],
    [100_000, 100_000],
  ])('with a head of %i and a tail of %i bytes holds both ends of any stream', (headBytes, tailBytes) => {
    for (const chunkBytes of [1, 7, 4_096]) {
      const folder = makeFolder();
      const stream = Buffer.from(Array.from({ length: 3_000 }, (_, index) => 97 + (index % 26)));
      const writer = new LogWriter(folder, { headBytes, tailBytes });
      for (let at = 0; at < stream.length; at += chunkBytes)
        writer.write(stream.subarray(at, at + chunkBytes));
      writer.close();
      expect(writer.totalBytes).toBe(3_000);
      const kept = keptBytes(folder);
      expect(kept).toBeLessThanOrEqual(headBytes + tailBytes);
      expect(kept).toBeGreaterThanOrEqual(
        Math.min(3_000, headBytes + Math.max(0, (tailBytes * 15) / 16 - 16)),
      );
      writeFileSync(join(folder, 'exit'), JSON.stringify({ logBytes: writer.totalBytes }));
      const { text, gapBytes } = readAll(folder);
      expect(text.length + gapBytes).toBe(3_000);
      expect(text.length).toBe(kept);
      expect(stream.toString().startsWith(text.slice(0, Math.min(headBytes, 3_000)))).toBe(true);
      expect(stream.toString().endsWith(text.slice(Math.min(headBytes, 3_000)))).toBe(true);
    }
  });

  test('survives a disk that is full for a while, with a hole where nothing was kept', () => {
    const folder = makeFolder();
    let now = 0;
    let isFull = false;
    const disk: LogDisk = {
      ...realDisk,
      write: (file, bytes) => {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        return realDisk.write(file, bytes.subarray(0, 3));
      },
    };
    const writer = new LogWriter(folder, { headBytes: 100, tailBytes: 1_000 }, disk, () => now);
    writer.write(Buffer.from('before '));
    isFull = true;
    writer.write(Buffer.from('lost '));
    isFull = false;
    writer.write(Buffer.from('lost too '));
    now = 5_000;
    writer.write(Buffer.from('after'));
    writer.close();
    expect(readAll(folder)).toEqual({ text: 'before after', gapBytes: 14 });
  });

  test('does not hide an error of the disk that is none of space', () => {
    const disk: LogDisk = {
      ...realDisk,
      write: () => {
        throw Object.assign(new Error('bad descriptor'), { code: 'EBADF' });
      },
    };
    const writer = new LogWriter(makeFolder(), { headBytes: 100, tailBytes: 100 }, disk);
    expect(() => {
      writer.write(Buffer.from('x'));
    }).toThrow('bad descriptor');
  });

  test('grows under a reader that follows it, which sees every byte once', () => {
    const folder = makeFolder();
    const writer = new LogWriter(folder, { headBytes: 50, tailBytes: 1_600 });
    let seen = '';
    let offset = 0;
    const follow = (): void => {
      for (let before = -1; before !== offset;) {
        before = offset;
        const piece = readLogPiece(folder, offset, 33);
        seen += piece.text;
        offset = piece.nextOffset;
      }
    };
    const words = Array.from({ length: 400 }, (_, index) => `wörd-${index} `);
    for (const word of words) {
      const bytes = Buffer.from(word);
      // Cut inside the two bytes of ö.
      writer.write(bytes.subarray(0, 2));
      follow();
      writer.write(bytes.subarray(2));
      follow();
    }
    expect(seen).toBe(words.join(''));
    expect(logProgress(folder).totalBytes).toBe(Buffer.byteLength(seen));
  });

  test.each([
    [[0x61], 1],
    [[0x61, 0xc3], 1],
    [[0x61, 0xc3, 0xa9], 3],
    [[0x61, 0xf0, 0x9f, 0x98], 1],
    [[0xf0, 0x9f, 0x98, 0x80], 4],
    [[0xc3], 0],
    [[0xf0, 0x9f], 0],
    [[0x80, 0x80, 0x80, 0x80, 0x80], 5],
    [[0x61, 0xff], 2],
    [[], 0],
  ])('ends a piece of %j after %i bytes', (bytes, expected) => {
    expect(wholeCharacters(Uint8Array.from(bytes), true)).toBe(expected);
    expect(wholeCharacters(Uint8Array.from(bytes), false)).toBe(expected === 0 ? bytes.length : expected);
  });
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'copse-log-'));
  folders.push(folder);
  return folder;
}

function keptBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function readAll(folder: string): { text: string; gapBytes: number } {
  let text = '';
  let gapBytes = 0;
  for (let offset = 0; ;) {
    const piece = readLogPiece(folder, offset, 1_000);
    const gap = /^\n\[copse: (\d+) bytes of output not kept\]\n$/.exec(piece.text);
    if (gap === null) text += piece.text;
    else gapBytes += Number(gap[1]);
    if (piece.nextOffset >= piece.totalBytes) return { text, gapBytes };
    offset = piece.nextOffset;
  }
}
