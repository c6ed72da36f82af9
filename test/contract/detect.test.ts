import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectAgents, inspectProject } from '../../src/adapters/detect/project.ts';
import { readVersion } from '../../src/adapters/detect/version.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'copse-detect-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function place(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function program(file: string, text: string): string {
  place(file, text);
  chmodSync(path.join(root, file), 0o755);
  return path.join(root, file);
}

const PACKAGE = '{"scripts":{"test":"node --test"},"dependencies":{"a":"1"}}';

test('a checkout gives its gates, set-up and untracked settings', () => {
  place('package.json', PACKAGE);
  place('package-lock.json', '{}');
  place('api/index.js', '');
  place('api/.env', 'SECRET=1');
  place('.env', 'SECRET=1');
  place('.env.example', '');
  place('node_modules/a/.env', '');
  const found = inspectProject(root, ['package.json', 'package-lock.json', 'api/index.js', '.env.example']);
  expect(found.gates.map((gate) => gate.run)).toEqual(['npm test']);
  expect(found.setup.map((one) => one.value)).toEqual(['npm ci']);
  expect(found.copy.map((one) => one.value)).toEqual(['.env', 'api/.env']);
});

test('links, big and binary manifests, and names that are gone are not read', () => {
  place('elsewhere/package.json', PACKAGE);
  mkdirSync(path.join(root, 'repository'));
  const repository = path.join(root, 'repository');
  symlinkSync(path.join(root, 'elsewhere/package.json'), path.join(repository, 'package.json'));
  symlinkSync(path.join(root, 'elsewhere'), path.join(repository, 'linked'));
  expect(
    inspectProject(repository, [
      'package.json',
      'linked/package.json',
      '../elsewhere/package.json',
      'gone/package.json',
    ]).gates,
  ).toEqual([]);
  place('package.json', `${PACKAGE}${' '.repeat(600_000)}`);
  expect(inspectProject(root, ['package.json']).gates).toEqual([]);
  place('package.json', `\0${PACKAGE}`);
  expect(inspectProject(root, ['package.json']).gates).toEqual([]);
  expect(inspectProject(path.join(root, 'absent'), ['package.json']).gates).toEqual([]);
});

test('agents are executables on absolute entries of the search path', () => {
  const codex = program('bin/codex', '#!/bin/sh\n');
  place('bin/claude', 'not executable');
  mkdirSync(path.join(root, 'bin/gemini'));
  const found = inspectAgents(['.', '', 'bin', path.join(root, 'absent'), path.join(root, 'bin')].join(':'));
  expect(found.map((one) => [one.agent.name, one.evidence])).toEqual([['codex', codex]]);
});

test('a version is the first line, within the time allowed', async () => {
  const env = { PATH: process.env['PATH'] ?? '' };
  const read = (file: string, timeoutMs = 10_000): Promise<string | null> =>
    readVersion(file, { timeoutMs, env });
  expect(await read(program('good', '#!/bin/sh\nprintf "\\n\\033[1m1.2.3\\n more"\n'))).toBe('[1m1.2.3');
  expect(await read(program('bad', '#!/bin/sh\necho 1; exit 3\n'))).toBeNull();
  expect(await read(program('slow', '#!/bin/sh\nexec sleep 60\n'), 100)).toBeNull();
  expect(await read(path.join(root, 'absent'))).toBeNull();
});
