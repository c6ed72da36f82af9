/**
 * LCOV tracefiles: percentages over all files. Detail records are merged by file, because one file may occur once per
 * test; summary records (`LF`, `FNF`, `BRF`) count for files that have no detail. Functions or branches that nobody has
 * are 100 % covered; lines that nobody has mean that nothing was measured.
 */
import { err, ok } from '../../kit/result.ts';
import { MAX_REPORT_CHARS, type Reading } from './reading.ts';

export const LCOV_FIELDS = ['lines', 'functions', 'branches'] as const;
type Field = (typeof LCOV_FIELDS)[number];

/** Record name → what it tells: one item with its hits, or a total. */
const DETAIL: ReadonlyMap<string, Field> = new Map([
  ['DA', 'lines'],
  ['FN', 'functions'],
  ['FNDA', 'functions'],
  ['FNA', 'functions'],
  ['BRDA', 'branches'],
]);
const FOUND: ReadonlyMap<string, Field> = new Map([
  ['LF', 'lines'],
  ['FNF', 'functions'],
  ['BRF', 'branches'],
]);
const HIT: ReadonlyMap<string, Field> = new Map([
  ['LH', 'lines'],
  ['FNH', 'functions'],
  ['BRH', 'branches'],
]);

interface FileCoverage {
  readonly items: Map<string, boolean>;
  found: number;
  hit: number;
}

export function readLcov(text: string, field: string): Reading {
  const known = LCOV_FIELDS.find((name) => name === field);
  if (known === undefined) return err(`lcov has no ${field}, only ${LCOV_FIELDS.join(', ')}`);
  if (text.length > MAX_REPORT_CHARS) return err('the report is too large');
  const files = new Map<string, FileCoverage>();
  let current: FileCoverage | null = null;
  for (const match of text.matchAll(/^(?:([A-Z]{2,6}):([^\r\n]*)|(end_of_record)[ \t]*\r?)$/gm)) {
    const [, name = '', value = '', end] = match;
    if (end !== undefined) current = null;
    else if (name === 'SF') current = coverageOf(files, value);
    else if (current !== null) take(current, known, name, value);
  }
  if (current !== null) return err('the report is cut off inside a record');
  if (files.size === 0) return err('there is no LCOV record in it');
  return percentage([...files.values()], known);
}

function coverageOf(files: Map<string, FileCoverage>, path: string): FileCoverage {
  const known = files.get(path);
  if (known !== undefined) return known;
  const fresh: FileCoverage = { items: new Map(), found: 0, hit: 0 };
  files.set(path, fresh);
  return fresh;
}

function take(file: FileCoverage, field: Field, name: string, value: string): void {
  if (DETAIL.get(name) === field) {
    const { key, isHit } = itemOf(name, value);
    file.items.set(key, isHit || file.items.get(key) === true);
  } else if (FOUND.get(name) === field) {
    file.found = Math.max(file.found, count(value));
  } else if (HIT.get(name) === field) {
    file.hit = Math.max(file.hit, count(value));
  }
}

/** `DA:line,hits[,checksum]` · `FN:line[,end],name` · `FNDA:hits,name` · `FNA:index,hits,name` · `BRDA:line,block,branch,taken`. */
function itemOf(name: string, value: string): { key: string; isHit: boolean } {
  const parts = value.split(',');
  switch (name) {
    case 'DA':
      return { key: parts[0] ?? '', isHit: count(parts[1]) > 0 };
    case 'FN':
      return {
        key: parts.slice(/^\d+$/.test(parts[1] ?? '') && parts.length > 2 ? 2 : 1).join(','),
        isHit: false,
      };
    case 'FNDA':
      return { key: parts.slice(1).join(','), isHit: count(parts[0]) > 0 };
    case 'FNA':
      return { key: parts.slice(2).join(','), isHit: count(parts[1]) > 0 };
    default:
      return { key: parts.slice(0, -1).join(','), isHit: count(parts.at(-1)) > 0 };
  }
}

/** `-` (never evaluated) and anything else that is no count are 0. */
function count(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : 0;
}

function percentage(files: readonly FileCoverage[], field: Field): Reading {
  let found = 0;
  let hit = 0;
  for (const file of files) {
    const { items } = file;
    found += items.size > 0 ? items.size : file.found;
    hit += items.size > 0 ? [...items.values()].filter(Boolean).length : Math.min(file.hit, file.found);
  }
  if (found > 0) return ok([(100 * hit) / found]);
  return field === 'lines' ? err('no line was measured') : ok([100]);
}
