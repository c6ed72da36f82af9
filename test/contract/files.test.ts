import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeFiles } from '../../src/adapters/files/fake-files.ts';
import { openFiles } from '../../src/adapters/files/open-files.ts';
import type { AbsolutePath } from '../../src/core/ids.ts';
import { bundleText } from '../support/supervisor-bundle.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['real', openFiles],
  ['fake', () => new FakeFiles()],
] as const)('files (%s)', (_name, open) => {
  test('reads what was written last, whole, and null where nothing was', async () => {
    const files = open();
    const path = at('deep/er/file.json');
    expect(await files.read(path)).toBeNull();
    await files.write(path, 'one');
    await files.write(path, 'ü\0\u{1f600}'.repeat(10_000));
    expect(await files.read(path)).toBe('ü\0\u{1f600}'.repeat(10_000));
    await files.write(path, '');
    expect(await files.read(path)).toBe('');
  });

  test('lists the entries of a folder, and none of one that is not there', async () => {
    const files = open();
    const folder = at('folder');
    expect(await files.list(folder)).toEqual([]);
    await files.write(join(folder, 'a') as AbsolutePath, 'x');
    await files.write(join(folder, 'sub/b') as AbsolutePath, 'y');
    expect((await files.list(folder)).map((entry) => entry.name).toSorted()).toEqual(['a', 'sub']);
  });

  test('removes files and whole folders, and is content when they are gone already', async () => {
    const files = open();
    const folder = at('folder');
    await files.write(join(folder, 'sub/b') as AbsolutePath, 'y');
    await files.write(join(folder, 'c') as AbsolutePath, 'z');
    await files.remove(join(folder, 'sub') as AbsolutePath);
    await files.remove(join(folder, 'sub') as AbsolutePath);
    expect((await files.list(folder)).map((entry) => entry.name)).toEqual(['c']);
    expect(await files.read(join(folder, 'sub/b') as AbsolutePath)).toBeNull();
  });

  test('leaves one whole content after many writers at once', async () => {
    const files = open();
    const path = at('contended');
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(5_000));
    await Promise.all(contents.map(async (content) => files.write(path, content)));
    expect(contents).toContain(await files.read(path));
  });

  test('refuses a folder, and a path below a file', async () => {
    const files = open();
    const path = at('folder/file');
    await files.write(path, 'x');
    const folder = path.replace(/\/file$/, '') as AbsolutePath;
    await expect(files.read(folder)).rejects.toMatchObject({ code: 'file-refused' });
    await expect(files.write(folder, 'x')).rejects.toMatchObject({ code: 'file-refused' });
    await expect(files.write(`${path}/below` as AbsolutePath, 'x')).rejects.toMatchObject({
      code: 'file-unavailable',
    });
    expect(await files.read(`${path}/below` as AbsolutePath)).toBeNull();
  });
});

describe('files on disk', () => {
  test('never follow a symbolic link: a write replaces it, a read refuses it', async () => {
    const victim = at('victim');
    const link = join(victim, '..', 'link') as AbsolutePath;
    writeFileSync(victim, 'precious');
    symlinkSync(victim, link);
    await expect(openFiles().read(link)).rejects.toMatchObject({ code: 'file-refused' });
    await openFiles().write(link, 'new');
    expect([readFileSync(victim, 'utf8'), readFileSync(link, 'utf8')]).toEqual(['precious', 'new']);
    expect(statSync(link).mode & 0o777).toBe(0o600);
  });

  test('are old or new, never half, when the writer is killed', async () => {
    const path = at('killed');
    const code = await bundleText(`import { openFiles } from './src/adapters/files/open-files.ts';
      const files = openFiles();
      for (let n = 0; ; n = 1 - n) { await files.write(${JSON.stringify(path)}, String(n).repeat(300000)); if (n) process.stdout.write('.'); }`);
    for (let round = 0; round < 5; round += 1) {
      const writer = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(writer.stdout, 'data');
      for (let n = 0; n < round; n += 1) await once(writer.stdout, 'data');
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      expect(['0', '1'].map((digit) => digit.repeat(300_000))).toContain(await openFiles().read(path));
    }
  });

  test('leave no temporary file behind', async () => {
    const path = at('tidy/file');
    await openFiles().write(path, 'x');
    await openFiles().write(path, 'y');
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });
});

function at(relative: string): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'copse-files-'));
  folders.push(folder);
  mkdirSync(folder, { recursive: true });
  return join(folder, relative) as AbsolutePath;
}
