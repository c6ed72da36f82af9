/** Locks that the dead left are cleared, locks of the living are waited for and reported, wherever they are. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, open, rm, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isGitRunning, lockHolder } from '../../../src/adapters/git/lock-holder.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, realWorld, TEST_ENV, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

let world: RealWorld;
let living: ChildProcess[];
let held: FileHandle[];
beforeEach(async () => {
  living = [];
  held = [];
  world = await realWorld();
});
afterEach(async () => {
  for (const handle of held) await handle.close();
  for (const child of living) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  await world.dispose();
});

const inRepository = (name: string) => join(world.root, '.git', name);

async function plant(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  return path;
}

/** A git process in `cwd` that holds a ref's lock, without having it open, until it is killed. */
async function preparedUpdate(cwd: string, ref: string): Promise<ChildProcess> {
  const child = spawn('git', ['update-ref', '--stdin'], { cwd, env: { ...TEST_ENV }, stdio: 'pipe' });
  living.push(child);
  child.stdin.write(`start\nupdate ${ref} ${world.base}\nprepare\n`);
  for await (const chunk of child.stdout) if (String(chunk).includes('prepare: ok')) break;
  return child;
}

const tag = (name: string) =>
  world.git.moveRefs([{ ref: `refs/tags/${name}`, from: null, to: world.base }], 'test');

async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error('did not fail');
}

describe('a lock in the way of our own call', () => {
  test.each(['refs/tags/one.lock', 'packed-refs.lock', 'packed-refs.new'])(
    'is removed when nobody holds it: %s',
    async (name) => {
      await git(world.root, 'tag', 'gone');
      await git(world.root, 'pack-refs', '--all');
      const lock = await plant(inRepository(name));
      expect(await tag('one')).toEqual({ kind: 'moved' });
      const gone = { ref: 'refs/tags/gone', from: world.base, to: null };
      expect(await world.git.moveRefs([gone], 'test')).toEqual({ kind: 'moved' });
      expect(existsSync(lock)).toBe(false);
    },
  );

  test('is waited for while a living process works', async () => {
    const lock = await plant(inRepository('refs/tags/one.lock'));
    const moved = tag('one');
    await delay(300);
    await rm(lock);
    expect(await moved).toEqual({ kind: 'moved' });
  });

  test.each(['the main checkout', 'a linked worktree'])(
    'of a git process in %s is reported with the command, and stays',
    async (where) => {
      const spec = world.spec('one');
      await world.git.provision(spec);
      const child = await preparedUpdate(
        where === 'a linked worktree' ? spec.path : world.root,
        'refs/tags/one',
      );
      const failure = await failureOf(tag('one'));
      const lock = inRepository('refs/tags/one.lock');
      expect(failure.code).toBe('git-locked');
      expect(failure.message).toContain(`process ${child.pid}`);
      expect(failure.hint).toBe(`when process ${child.pid} has ended, run: rm -f ${lock}`);
      expect(existsSync(lock)).toBe(true);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await tag('one')).toEqual({ kind: 'moved' });
    },
  );

  test('of a program that has it open is reported, and stays', async () => {
    const lock = inRepository('refs/tags/one.lock');
    await mkdir(dirname(lock), { recursive: true });
    held.push(await open(lock, 'wx'));
    expect((await failureOf(tag('one'))).message).toContain(`process ${process.pid}`);
    expect(existsSync(lock)).toBe(true);
  });

  test('is no lock when the folder cannot be written: that fails at once, as itself', async () => {
    await git(world.root, 'branch', 'dir');
    const change = { ref: 'refs/heads/dir/sub', from: null, to: world.base };
    expect((await failureOf(world.git.moveRefs([change], 'test'))).code).toBe('git-failed');
  });
});

describe('the holder of a lock', () => {
  test('is not a git process of another repository, nor one that only reads, nor one younger than the lock', async () => {
    const lock = await plant(inRepository('packed-refs.lock'));
    const elsewhere = join(world.folder, 'elsewhere');
    await git(world.folder, 'init', '-q', elsewhere);
    await git(elsewhere, 'fetch', '-q', world.root, 'main');
    await preparedUpdate(elsewhere, 'refs/tags/x');
    const reader = spawn('git', ['cat-file', '--batch'], { cwd: world.root, env: { ...TEST_ENV } });
    living.push(reader);
    expect(await lockHolder(lock)).toEqual({ kind: 'nobody' });
    const worker = await preparedUpdate(world.root, 'refs/tags/x');
    expect(await lockHolder(lock)).toMatchObject({ kind: 'process', pid: worker.pid });
    // Made long before the process started.
    await utimes(lock, 1, 1);
    expect(await lockHolder(lock)).toEqual({ kind: 'nobody' });
  });

  test('of an index is a process in that very checkout, not in another worktree', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    await preparedUpdate(spec.path, 'refs/tags/x');
    expect(await lockHolder(await plant(inRepository('index.lock')))).toEqual({ kind: 'nobody' });
    const admin = await git(spec.path, 'rev-parse', '--absolute-git-dir');
    expect(await lockHolder(await plant(join(admin, 'index.lock')))).toMatchObject({ kind: 'process' });
  });

  test('is the Copse process that a lock names, as long as it lives', async () => {
    const lock = inRepository('index.lock');
    writeFileSync(lock, `copse ${process.pid} ?\n`);
    expect(await lockHolder(lock)).toMatchObject({ kind: 'process', pid: process.pid });
    writeFileSync(lock, `copse ${process.pid} 1\n`);
    expect(await lockHolder(lock)).toEqual({ kind: 'nobody' });
  });

  test('may be any running git where processes cannot be looked into', async () => {
    await preparedUpdate(world.root, 'refs/tags/x');
    expect(await isGitRunning()).toBe(true);
  });
});

describe('after an attempt', () => {
  let spec: WorkspaceSpec;
  const attempt = async (leave: (admin: string) => Promise<unknown>, isolation: 'worktree' | 'clone') => {
    spec = world.spec('one', { isolation });
    await world.git.provision(spec);
    const snapshot = await world.git.takeSnapshot(spec);
    await world.write(spec, 'a.txt', 'work\n');
    await leave(await git(spec.path, 'rev-parse', '--absolute-git-dir'));
    return world.git.verifySnapshot(spec, snapshot);
  };

  test.each(['worktree', 'clone'] as const)(
    'locks of its own are gone with isolation %s',
    async (isolation) => {
      const left: string[] = [];
      const leave = async (admin: string) => {
        for (const name of ['index.lock', 'HEAD.lock', 'config.lock'])
          left.push(await plant(join(admin, name)));
        const own = isolation === 'clone' ? admin : join(world.root, '.git');
        left.push(await plant(join(own, 'refs/heads', `${spec.branch}.lock`)));
      };
      expect(await attempt(leave, isolation)).toEqual([]);
      expect(left.filter((lock) => existsSync(lock))).toEqual([]);
      expect((await world.commit(spec, 'goes on')).length).toBe(40);
    },
  );

  test('locks it left in the shared repository are gone, those from before it and those of the living stay', async () => {
    const before = await plant(inRepository('index.lock'));
    const ofSomebody = inRepository('HEAD.lock');
    const leave = async () => {
      for (const name of ['config.lock', 'packed-refs.lock', 'packed-refs.new', 'refs/stash.lock']) {
        await plant(inRepository(name));
      }
      held.push(await open(ofSomebody, 'wx'));
    };
    expect(await attempt(leave, 'worktree')).toEqual([]);
    for (const name of ['config.lock', 'packed-refs.lock', 'packed-refs.new', 'refs/stash.lock']) {
      expect(existsSync(inRepository(name)), name).toBe(false);
    }
    expect([before, ofSomebody].map((lock) => existsSync(lock))).toEqual([true, true]);
  });

  test('a git directory that became a link does not lead to locks elsewhere', async () => {
    const target = await plant(join(world.folder, 'other', 'index.lock'));
    const leave = async (admin: string) => {
      await rm(admin, { recursive: true });
      await (await import('node:fs/promises')).symlink(dirname(target), admin);
    };
    await attempt(leave, 'worktree').catch(() => undefined);
    expect(existsSync(target)).toBe(true);
  });
});

describe('opening the state folder', () => {
  test('clears locks of processes that are gone from everything that is ours alone', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    await world.git.checkoutSlot('s', world.base, { branch: branch('main'), tip: world.base });
    const left = await Promise.all(
      [
        'control.git/packed-refs.lock',
        'control.git/config.lock',
        'control.git/refs/copse/x.lock',
        'view.git/HEAD.lock',
        'index/abc.lock',
        'slots/s/index.lock',
      ].map((name) => plant(join(world.state, name))),
    );
    await world.reopen();
    expect(left.filter((lock) => existsSync(lock))).toEqual([]);
  });

  test('leaves a lock that a living git process has in control', async () => {
    const lock = join(world.state, 'control.git', 'refs/tags/one.lock');
    await preparedUpdate(join(world.state, 'control.git'), 'refs/tags/one');
    await world.reopen();
    expect(existsSync(lock)).toBe(true);
  });
});
