/**
 * git's index as bytes (format versions 2 and 3, git's Documentation/gitformat-index): a few entries put in, replaced or
 * taken out, and the rest left as they are. Whatever else an index may hold is declined.
 */
import { createHash } from 'node:crypto';

/** What the file system said of a file when it was written; git compares all of it. Times in nanoseconds. */
export interface FileFacts {
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
}

export interface IndexEntry {
  readonly mode: number;
  readonly id: string;
  readonly facts: FileFacts;
}

interface Slice {
  readonly start: number;
  readonly end: number;
}

export interface IndexFile {
  readonly bytes: Buffer;
  readonly idBytes: number;
  /** Where each entry begins, in the file's order, and where the last one ends. */
  readonly starts: readonly number[];
  /** Content of the `TREE` extension: ids of trees that entries make up. */
  readonly trees: Slice | null;
}

const HEADER_BYTES = 12;
const STAT_BYTES = 40;
const EXTENSION_HEADER_BYTES = 8;
const NAME_MASK = 0xfff;
const EXTENDED = 0x4000;
/** A stage (a conflict), or a file assumed to be unchanged. */
const UNUSUAL = 0xb000;
const MAX_BYTES = 32 * 1024 * 1024;

/** null for what is not plain: another version, conflicts, flags on entries, an extension one must know, a large one. */
export function parseIndex(bytes: Buffer, idBytes: number): IndexFile | null {
  const end = bytes.length - idBytes;
  if (end < HEADER_BYTES || bytes.length > MAX_BYTES || bytes.toString('latin1', 0, 4) !== 'DIRC')
    return null;
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return null;
  const starts: number[] = [HEADER_BYTES];
  let at = HEADER_BYTES;
  for (let left = bytes.readUInt32BE(8); left > 0; left -= 1) {
    const nameAt = at + STAT_BYTES + idBytes + 2;
    if (nameAt > end) return null;
    const flags = bytes.readUInt16BE(nameAt - 2);
    if ((flags & (EXTENDED | UNUSUAL)) !== 0) return null;
    const nameEnd = bytes.indexOf(0, nameAt + ((flags & NAME_MASK) === NAME_MASK ? 0 : flags & NAME_MASK));
    // Padded with 1 to 8 zero bytes, to a multiple of eight.
    const next = at + ((nameEnd - at + 8) & ~7);
    if (nameEnd === -1 || next > end) return null;
    at = next;
    starts.push(at);
  }
  const trees = treesOf(bytes, { start: at, end });
  return trees === 'unknown' ? null : { bytes, idBytes, starts, trees };
}

function treesOf(bytes: Buffer, { start, end }: Slice): Slice | null | 'unknown' {
  let trees: Slice | null = null;
  for (let at = start; at < end;) {
    if (at + EXTENSION_HEADER_BYTES > end) return 'unknown';
    const name = bytes.toString('latin1', at, at + 4);
    const content = at + EXTENSION_HEADER_BYTES;
    const next = content + bytes.readUInt32BE(at + 4);
    // Those that a program may leave out begin with a capital letter.
    if (next > end || !/^[A-Z]/.test(name)) return 'unknown';
    if (name === 'TREE') trees = { start: content, end: next };
    at = next;
  }
  return trees;
}

/** Of the entry `path`, which is latin1 as everywhere here; null when there is none. */
export function entryOf(
  index: IndexFile,
  path: string,
): { readonly mode: number; readonly id: string; readonly stat: Buffer } | null {
  const { bytes, idBytes, starts } = index;
  const position = positionOf(index, path);
  if (pathAt(index, position) !== path) return null;
  const start = starts[position] ?? 0;
  const idAt = start + STAT_BYTES;
  return {
    mode: bytes.readUInt32BE(start + 24),
    id: bytes.toString('hex', idAt, idAt + idBytes),
    stat: bytes.subarray(start, idAt),
  };
}

/** Paths that end with `suffix`, in the file's order. */
export function pathsEndingWith(index: IndexFile, suffix: string): readonly string[] {
  if (!index.bytes.includes(suffix, 0, 'latin1')) return [];
  return index.starts.flatMap((_, position) => {
    const path = pathAt(index, position);
    return path?.endsWith(suffix) === true ? [path] : [];
  });
}

function pathAt({ bytes, idBytes, starts }: IndexFile, position: number): string | null {
  const start = starts[position];
  if (start === undefined || position === starts.length - 1) return null;
  const nameAt = start + STAT_BYTES + idBytes + 2;
  return bytes.toString('latin1', nameAt, bytes.indexOf(0, nameAt));
}

/** Of the entry, or of the first that comes after where it would be. */
function positionOf(index: IndexFile, path: string): number {
  let [low, high] = [0, index.starts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pathAt(index, middle) ?? '') < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The forty bytes of an entry before its id. */
export function statBytes(mode: number, facts: FileFacts): Buffer {
  const stat = Buffer.alloc(STAT_BYTES);
  const numbers = [
    facts.ctimeNs / SECOND_NS,
    facts.ctimeNs % SECOND_NS,
    facts.mtimeNs / SECOND_NS,
    facts.mtimeNs % SECOND_NS,
    facts.dev,
    facts.ino,
    BigInt(mode),
    facts.uid,
    facts.gid,
    facts.size,
  ];
  for (const [position, number] of numbers.entries())
    stat.writeUInt32BE(Number(BigInt.asUintN(32, number)), position * 4);
  return stat;
}

const SECOND_NS = 1_000_000_000n;

/** The whole file with `changes` made, null taking a path out. */
export function spliceIndex(index: IndexFile, changes: ReadonlyMap<string, IndexEntry | null>): Buffer {
  const { bytes, idBytes, starts } = index;
  const rows: Buffer[] = [];
  let [count, copied] = [starts.length - 1, HEADER_BYTES];
  for (const [path, entry] of [...changes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const position = positionOf(index, path);
    const isThere = pathAt(index, position) === path;
    const start = starts[position] ?? copied;
    rows.push(bytes.subarray(copied, start));
    if (entry !== null) rows.push(entryBytes(path, entry));
    copied = isThere ? (starts[position + 1] ?? start) : start;
    count += (entry === null ? 0 : 1) - (isThere ? 1 : 0);
  }
  rows.push(bytes.subarray(copied, starts.at(-1)));
  const header = Buffer.from('DIRC\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  const trees = index.trees === null ? null : staleTrees(index, index.trees, [...changes.keys()]);
  const body = Buffer.concat([header, ...rows, ...(trees === null ? [] : [extension('TREE', trees)])]);
  const sum = createHash(idBytes === 32 ? 'sha256' : 'sha1').update(body);
  return Buffer.concat([body, sum.digest()]);
}

function entryBytes(path: string, entry: IndexEntry): Buffer {
  const name = Buffer.from(path, 'latin1');
  const flags = Buffer.alloc(2);
  flags.writeUInt16BE(Math.min(name.length, NAME_MASK));
  const whole = Buffer.concat([
    statBytes(entry.mode, entry.facts),
    Buffer.from(entry.id, 'hex'),
    flags,
    name,
  ]);
  return Buffer.concat([whole, Buffer.alloc(8 - (whole.length % 8))]);
}

function extension(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(EXTENSION_HEADER_BYTES);
  header.write(name, 'latin1');
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** The trees without the ids of those that hold a changed path. null when they cannot be read: git then makes them anew. */
function staleTrees(index: IndexFile, { start, end }: Slice, changed: readonly string[]): Buffer | null {
  const { bytes, idBytes } = index;
  const stale = new Set(changed.flatMap(foldersOf));
  const parts: Buffer[] = [];
  let at = start;
  const visit = (parent: string | null): boolean => {
    const nameEnd = bytes.indexOf(0, at);
    const lineEnd = bytes.indexOf(0x0a, nameEnd);
    if (nameEnd === -1 || lineEnd === -1 || lineEnd >= end) return false;
    const name = bytes.toString('latin1', at, nameEnd);
    const path = parent === null ? '' : `${parent}${name}/`;
    const [count, children] = bytes
      .toString('latin1', nameEnd + 1, lineEnd)
      .split(' ')
      .map(Number);
    if (count === undefined || children === undefined || Number.isNaN(count + children)) return false;
    const isKnown = count >= 0 && !stale.has(path);
    const idEnd = lineEnd + 1 + (count >= 0 ? idBytes : 0);
    parts.push(
      isKnown
        ? bytes.subarray(at, idEnd)
        : Buffer.concat([bytes.subarray(at, nameEnd + 1), Buffer.from(`-1 ${children}\n`)]),
    );
    at = idEnd;
    for (let child = 0; child < children; child += 1) if (!visit(path)) return false;
    return true;
  };
  return visit(null) && at === end ? Buffer.concat(parts) : null;
}

/** `a/b/c` is in ``, `a/` and `a/b/`. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, depth) => `${parts.slice(0, depth + 1).join('/')}/`)];
}
