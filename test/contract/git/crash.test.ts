/** A death at every named point of making and removing a workspace, then the same call again. */
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GIT_FAILPOINTS, type RealGit } from '../../../src/adapters/git/index.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, realWorld, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

let world: RealWorld;
afterEach(() => world.dispose());

/** Runs `work` on a port that stops for ever at `point`; resolves when it is there, or with what `work` gave. */
async function dieAt(point: string, work: (port: RealGit) => Promise<unknown>): Promise<boolean> {
  const arrival = new AbortController();
  const reached = once(arrival.signal, 'abort');
  const port = await world.reopen(async (name) => {
    if (name !== point) return;
    arrival.abort();
    await new Promise(() => undefined);
  });
  return Promise.race([reached.then(() => true), work(port).then(() => false)]);
}

async function expectTidy(spec: WorkspaceSpec, isThere: boolean): Promise<void> {
  const list = await git(world.root, 'worktree', 'list', '--porcelain');
  expect(list.includes(`worktree ${spec.path}\n`)).toBe(isThere);
  expect(list).not.toMatch(/^(?:prunable|locked)/m);
  const around = existsSync(dirname(spec.path)) ? await readdir(dirname(spec.path)) : [];
  expect(around.filter((name) => name.includes('copse-'))).toEqual([]);
  const common = await readdir(join(world.root, '.git'));
  expect(common.filter((name) => name.includes('copse-'))).toEqual([]);
}

describe('a death', () => {
  test.each([
    'before:worktree.add',
    'worktree.add:after-branch',
    'worktree.add:after-dir',
    'after:worktree.add',
  ])('at %s is healed by provisioning again', async (point) => {
    world = await realWorld();
    const spec = world.spec('one');
    expect(await dieAt(point, (port) => port.provision(spec))).toBe(true);
    // The lock file of the dead is held by this living process only if it died inside: it never does at these points.
    const port = await world.reopen();
    expect(await port.provision(spec)).toMatchObject({ kind: 'ready', head: world.base });
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
    await expectTidy(spec, true);
  });

  test.each(['before:worktree.add', 'worktree.add:after-branch', 'worktree.add:after-dir'])(
    'at %s is cleared by removing',
    async (point) => {
      world = await realWorld();
      const spec = world.spec('one');
      expect(await dieAt(point, (port) => port.provision(spec))).toBe(true);
      const port = await world.reopen();
      const outcome = await port.removeWorkspace(spec, null);
      expect(outcome.kind).toBe(point === 'before:worktree.add' ? 'absent' : 'removed');
      const isDeleted = await port.deleteBranch(spec.branch, world.base);
      expect(isDeleted).toBe(point === 'before:worktree.add' ? 'absent' : 'deleted');
      await expectTidy(spec, false);
    },
  );

  test.each(['before:worktree.remove', 'after:worktree.remove'])(
    'at %s is healed by removing again',
    async (point) => {
      world = await realWorld();
      const spec = world.spec('one');
      await world.git.provision(spec);
      expect(await dieAt(point, (port) => port.removeWorkspace(spec, null))).toBe(true);
      const port = await world.reopen();
      expect((await port.removeWorkspace(spec, null)).kind).toBe(
        point.startsWith('after') ? 'absent' : 'removed',
      );
      await expectTidy(spec, false);
      expect(await port.provision(spec)).toMatchObject({ kind: 'ready' });
    },
  );

  test('between branch and record never takes what a person made since', async () => {
    world = await realWorld();
    const spec = world.spec('one');
    expect(await dieAt('worktree.add:after-branch', (port) => port.provision(spec))).toBe(true);
    await mkdir(spec.path, { recursive: true });
    await writeFile(join(spec.path, 'precious.txt'), 'mine\n');
    const port = await world.reopen();
    expect(await port.provision(spec)).toMatchObject({ kind: 'occupied', what: 'path' });
    expect(await port.removeWorkspace(spec, null)).toMatchObject({ kind: 'removed' });
    expect(existsSync(join(spec.path, 'precious.txt'))).toBe(true);
  });

  test('at any point of a whole life leaves a state from which the life goes on', async () => {
    world = await realWorld();
    await git(world.root, 'branch', 'target');
    const points = GIT_FAILPOINTS.filter(
      (point) => !/publish\.checkout|publish\.push|resolution\.|after-lock|after-rename/.test(point),
    );
    const missed: string[] = [];
    for (const [at, point] of points.entries()) {
      const spec = world.spec(`task-${at}`);
      if (!(await dieAt(point, (port) => wholeLife(port, spec, at)))) missed.push(point);
      await wholeLife(await world.reopen(), spec, at);
      await expectTidy(spec, false);
    }
    expect(missed).toEqual([]);
    await git(world.root, 'fsck', '--connectivity-only');
    await git(join(world.state, 'control.git'), '--git-dir=.', 'fsck', '--connectivity-only');
  }, 300_000);
});

/** Every step may have happened before; the end is the same. */
async function wholeLife(port: RealGit, spec: WorkspaceSpec, at: number): Promise<void> {
  const target = branch('target');
  const landed = await port.branchTip(target);
  if (landed === null) throw new Error('no target');
  const isDone = (await port.readFile(landed, `file-${at}.txt` as never)) !== null;
  if (!isDone) {
    expect((await port.provision(spec)).kind).toBe('ready');
    const snapshot = await port.takeSnapshot(spec);
    await writeFile(join(spec.path, `file-${at}.txt`), `${at}\n`);
    expect(await port.verifySnapshot(spec, snapshot)).toEqual([]);
    const captured = await port.capture(spec, `refs/copse/salvage/${spec.task}/1`, 'salvage');
    await port.commitOnBehalf(spec, captured);
    const taken = await port.takeIn(
      { branch: spec.branch, workspace: spec },
      `refs/copse/heads/${spec.task}`,
    );
    if (taken.kind !== 'taken') throw new Error(taken.reason);
    await port.updateWorkspace(spec, landed, 'update');
    const head = await port.branchTip(spec.branch);
    if (head === null) throw new Error('no head');
    await port.takeIn({ branch: spec.branch, workspace: spec }, `refs/copse/heads/${spec.task}`);
    const merged = await port.merge({ onto: landed, head, strategy: 'merge', message: 'm', dateMs: 1_000 });
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    await port.keep(`refs/copse/merges/${spec.task}`, merged.commit);
    await port.checkoutSlot('s', merged.commit, { branch: target, tip: landed });
    expect(await port.publish({ branch: target, from: landed, to: merged.commit })).toMatchObject({
      kind: 'published',
    });
  }
  await port.moveRefs([{ ref: `refs/tags/done-${at}`, from: null, to: landed }], 'tag').catch(() => null);
  const gone = await port.removeWorkspace(spec, null);
  expect(gone.kind).not.toBe('refused');
  const tip = await port.branchTip(spec.branch);
  if (tip !== null) expect(await port.deleteBranch(spec.branch, tip)).toBe('deleted');
}

test('a kept ref whose writing was cut off does not stop git from listing the others', async () => {
  world = await realWorld();
  const control = join(world.state, 'control.git');
  const folder = join(control, 'refs/copse/heads');
  await world.git.keep('refs/copse/heads/one', world.base);
  const names: string[] = [];
  const watcher = watch(folder, (_, name) => names.push(name ?? ''));
  await world.git.keep('refs/copse/heads/two', world.base);
  const temporary = await vi.waitUntil(() => names.find((name) => name.startsWith('two.')));
  watcher.close();
  // What a process that dies before the rename leaves: that name, and nothing in it.
  await writeFile(join(folder, temporary), '');
  expect(await git(control, '--git-dir=.', 'rev-list', '--all')).toContain(world.base);
  expect(await world.git.listKept('refs/copse/heads/')).toHaveLength(2);
});
