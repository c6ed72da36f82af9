import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { identityOf, isAlive, parsePsLine, parseStat, signalProcess } from './identity.ts';
import { isOwnFolder } from './process-tree.ts';

describe('the identity of a process', () => {
  test('is read past a name with spaces and parentheses', () => {
    const tail = 'S 1 42 41 34816 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654 20';
    expect(parseStat(`42 (a) b (c) ${tail}`)).toEqual({
      pid: 42,
      parent: 1,
      group: 42,
      session: 41,
      terminal: 34_816,
      startTicks: 987_654,
      isZombie: false,
      name: 'a) b (c',
    });
    expect(parseStat('')).toBeNull();
    expect(parseStat('42 (x) S 1')).toBeNull();
  });

  test('is read from ps where there is no /proc', () => {
    expect(parsePsLine('  501     1   501 Ss   ??       Fri Nov 20 13:54:27 2026 node server')).toEqual([
      {
        pid: 501,
        parent: 1,
        group: 501,
        session: 501,
        terminal: 0,
        startTicks: Math.floor(Date.parse('Fri Nov 20 13:54:27 2026') / 1_000),
        isZombie: false,
        name: 'node server',
      },
    ]);
    expect(parsePsLine('')).toEqual([]);
  });

  test('holds for this process, and for no other life of its pid or boot', () => {
    const own = identityOf(process.pid);
    if (own === null) throw new Error('this process is not in the process table');
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTicks: own.startTicks + 1 })).toBe(false);
    expect(isAlive({ ...own, bootId: 'another' })).toBe(false);
    expect(identityOf(2 ** 22 + 1)).toBeNull();
    expect(signalProcess({ ...own, startTicks: own.startTicks + 1 }, 'SIGKILL')).toBe(false);
  });
});

describe('a folder that proves whose process it is', () => {
  test.each(['/', '/usr', homedir(), tmpdir(), dirname(tmpdir()), process.cwd(), dirname(process.cwd())])(
    'is not %s, where others live too',
    (folder) => {
      expect(isOwnFolder(folder)).toBe(false);
    },
  );

  test.each([join(tmpdir(), 'worktree'), join(homedir(), 'code', 'task-1')])('is %s', (folder) => {
    expect(isOwnFolder(folder)).toBe(true);
  });
});
