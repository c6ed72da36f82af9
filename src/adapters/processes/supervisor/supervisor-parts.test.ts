import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { changeSince } from './activity.ts';
import { findProgram, wrapCommand } from './launch.ts';
import { LineMerge } from './line-merge.ts';

const folders: string[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('the search for a sign of life', () => {
  test('finds a change at any depth and nothing when all is old', async () => {
    const root = oldTree(['a/b/c/deep', 'a/other', 'top']);
    expect(await changeSince(root, 2_000_000)).toBeNull();
    utimesSync(join(root, 'a/b/c/deep'), 5_000, 5_000);
    expect(await changeSince(root, 2_000_000)).toBe(5_000_000);
  });

  test('sees a file appear, and does not enter installed packages', async () => {
    const root = oldTree(['src/x', 'node_modules/pkg/index']);
    utimesSync(join(root, 'node_modules/pkg/index'), 5_000, 5_000);
    expect(await changeSince(root, 2_000_000)).toBeNull();
    writeFileSync(join(root, 'src/new'), '');
    expect(await changeSince(root, 2_000_000)).not.toBeNull();
  });

  test('follows no link, ends in bounded time, and forgives what is gone', async () => {
    const outside = oldTree(['changed']);
    utimesSync(join(outside, 'changed'), 5_000, 5_000);
    const root = oldTree(['x']);
    symlinkSync(outside, join(root, 'link'));
    symlinkSync(root, join(root, 'self'));
    utimesSync(root, 1_000, 1_000);
    expect(await changeSince(root, 2_000_000)).toBeNull();
    expect(await changeSince(join(root, 'never-made'), 0)).toBeNull();
    const wide = oldTree(Array.from({ length: 50 }, (_, index) => `f${index}`));
    for (let index = 0; index < 50; index += 1) utimesSync(join(wide, `f${index}`), 5_000, 5_000);
    utimesSync(wide, 1_000, 1_000);
    expect(await changeSince(wide, 2_000_000, 0)).toBeNull();
  });
});

describe('the merge of two streams', () => {
  test('holds one back while the other is in a line, and nothing otherwise', () => {
    const { merge, text } = merged();
    merge.push('stdout', Buffer.from('{"half":'));
    expect(text()).toBe('{"half":');
    merge.push('stderr', Buffer.from('warning\nmore'));
    expect(text()).toBe('{"half":');
    merge.push('stdout', Buffer.from('1}\n'));
    expect(text()).toBe('{"half":1}\nwarning\nmore');
    merge.push('stdout', Buffer.from('next\n'));
    merge.push('stderr', Buffer.from(' end\n'));
    merge.end();
    expect(text()).toBe('{"half":1}\nwarning\nmore end\nnext\n');
  });

  test('ends a line that does not end when the other stream has waited a second or holds 256 kB', () => {
    vi.useFakeTimers();
    const slow = merged();
    slow.merge.push('stdout', Buffer.from('Continue? '));
    slow.merge.push('stderr', Buffer.from('note\n'));
    vi.advanceTimersByTime(1_000);
    expect(slow.text()).toBe('Continue? \nnote\n');
    const full = merged();
    full.merge.push('stdout', Buffer.from('x'));
    full.merge.push('stderr', Buffer.alloc(300_000, 'y'));
    expect(full.text()).toBe(`x\n${'y'.repeat(300_000)}`);
  });

  test('loses nothing at the end', () => {
    const { merge, text } = merged();
    merge.push('stderr', Buffer.from('open'));
    merge.push('stdout', Buffer.from('waiting'));
    merge.end();
    expect(text()).toBe('open\nwaiting');
  });
});

describe('the command that is run', () => {
  const plain = {
    argv: ['sh', '-c', 'x'],
    cwd: '/' as never,
    env: { PATH: '/bin' },
    limits: { cpus: null, memoryBytes: null },
    niceness: 0,
  } as const;

  test('is the given one when there is nothing to limit', () => {
    expect(wrapCommand(plain)).toBe(plain.argv);
  });

  test('is wrapped, with the program found beforehand', () => {
    const wrapped = wrapCommand({ ...plain, niceness: 5, limits: { cpus: null, memoryBytes: 2 ** 30 } });
    expect(wrapped?.slice(-3)).toEqual(['/bin/sh', '-c', 'x']);
    expect(wrapped?.join(' ')).toContain('-n 5');
    expect(wrapCommand({ ...plain, argv: ['no-such-program'], niceness: 5 })).toBeNull();
  });

  test('is searched as the C library does', () => {
    const root = oldTree(['bin/tool', 'bin/plain']);
    writeFileSync(join(root, 'bin/tool'), '', { mode: 0o755 });
    rmSync(join(root, 'bin/tool'));
    writeFileSync(join(root, 'bin/tool'), '', { mode: 0o755 });
    expect(findProgram('tool', root, `/nowhere:${root}/bin`)).toBe(join(root, 'bin/tool'));
    expect(findProgram('tool', root, 'bin')).toBe(join(root, 'bin/tool'));
    expect(findProgram('./bin/tool', root, '')).toBe(join(root, 'bin/tool'));
    expect(findProgram('plain', root, `${root}/bin`)).toBeNull();
    expect(findProgram('bin', root, root)).toBeNull();
  });
});

function merged(): { merge: LineMerge; text: () => string } {
  const parts: Buffer[] = [];
  const merge = new LineMerge((bytes) => parts.push(Buffer.from(bytes)));
  return { merge, text: () => Buffer.concat(parts).toString() };
}

/** Files and folders all dated 1000 s after the epoch. */
function oldTree(paths: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'copse-activity-'));
  folders.push(root);
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  for (const path of paths)
    for (let at = path; at !== '.'; at = dirname(at)) utimesSync(join(root, at), 1_000, 1_000);
  utimesSync(root, 1_000, 1_000);
  return root;
}
