import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rooms } from '../../rooms.config.js';
import { checkRooms } from '../../scripts/lib/rooms.mjs';
import { root } from './sources.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'copse-rooms-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function place(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

/** Rules broken when `file` holds `text` beside one module of each room. */
function rulesBroken(file: string, text: string): readonly string[] {
  for (const room of [
    'kit',
    'core',
    'formats',
    'engine',
    'views',
    'surfaces',
    'adapters/git',
    'adapters/store',
  ]) {
    place(`src/${room}/there.ts`, 'export type T = 1; export const v = 1;\n');
  }
  place('src/ports/there.ts', 'export interface T { readonly a: 1 }\n');
  place(file, text);
  return checkRooms(folder, rooms).violations.map((one) => one.rule);
}

test('the source obeys the rooms, and modules were really scanned', () => {
  const { modules, imports, violations } = checkRooms(root, rooms);
  expect(violations).toEqual([]);
  expect(modules).toBeGreaterThan(10);
  expect(imports).toBeGreaterThan(5);
});

test.each<[string, string, readonly string[]]>([
  ['src/core/a.ts', "import { v } from '../kit/there.ts';", []],
  ['src/core/a.ts', "import { v } from '../engine/there.ts';", ['room']],
  ['src/core/a.ts', "import type { T } from '../engine/there.ts';", ['room']],
  ['src/core/a.ts', "export * from '../engine/there.ts';", ['room']],
  ['src/core/a.ts', "const a = await import('../engine/there.ts');", ['room']],
  ['src/core/a.ts', "type A = import('../engine/there.ts').T;", ['room']],
  ['src/core/a.ts', "import fs from 'node:fs';", ['node']],
  ['src/core/a.ts', "import fs from 'fs';", ['node-prefix']],
  ['src/core/a.ts', "import { parse } from 'yaml';", ['package']],
  ['src/core/a.ts', "import '../kit/absent.ts';", ['missing']],
  ['src/core/a.ts', "import { v } from '../kit/there.js';", ['extension']],
  ['src/core/a.ts', "import '../../package.json';", ['outside']],
  ['src/core/a.test.ts', "import { test } from 'vitest'; import fs from 'node:fs';", []],
  ['src/formats/a.ts', "import { parse } from 'yaml';", []],
  ['src/ports/a.ts', "import type { T } from '../core/there.ts'; export interface A { t: T }", []],
  ['src/ports/a.ts', 'export const a = 1;', ['types-only']],
  ['src/surfaces/a.ts', "import type { T } from '../core/there.ts';", []],
  ['src/surfaces/a.ts', "import { type T } from '../core/there.ts';", []],
  ['src/surfaces/a.ts', "import { v } from '../core/there.ts';", ['types']],
  ['src/surfaces/a.ts', "import { type T, v } from '../core/there.ts';", ['types']],
  ['src/surfaces/a.ts', "import { v } from '../adapters/git/there.ts';", ['room']],
  ['src/adapters/git/a.ts', "import { v } from './there.ts'; import os from 'node:os';", []],
  ['src/adapters/git/a.ts', "import { v } from '../store/there.ts';", ['sibling']],
  ['src/adapters/git/a.ts', "const name = 'x'; await import(name);", ['dynamic']],
  ['src/adapters/git/a.ts', "const a = require('left-pad');", ['package']],
  ['src/main.ts', "import { v } from './adapters/git/there.ts'; import './surfaces/there.ts';", []],
  ['src/elsewhere/a.ts', 'export const a = 1;', ['no-room']],
  ['src/stray.ts', 'export const a = 1;', ['no-room']],
])('%s with %s breaks %j', (file, text, rules) => {
  expect(rulesBroken(file, text)).toEqual(rules);
});

test('a violation names its line', () => {
  rulesBroken('src/core/a.ts', "\n\nimport fs from 'node:fs';");
  expect(checkRooms(folder, rooms).violations[0]).toMatchObject({ file: 'src/core/a.ts', line: 3 });
});
