/** Publishing to a branch that somebody has checked out, and other things only real files can show. */
import { existsSync } from 'node:fs';
import { open, readFile, rm, stat, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommitId } from '../../../src/core/ids.ts';
import { git, realWorld, writeFiles, type RealWorld } from './real-world.ts';
import { branch, lines } from './world.ts';

let world: RealWorld;
let held: FileHandle | null = null;
beforeEach(async () => {
  world = await realWorld();
});
afterEach(async () => {
  await held?.close();
  held = null;
  await world.dispose();
});

const file = (name: string) => join(world.root, name);
const landing = (to: CommitId) => ({ branch: branch('main'), from: world.base, to });
const nextCommit = (files: Readonly<Record<string, string | null>>) =>
  world.commitAsHuman(branch('next'), world.base, files);

test.each([
  ['a few objects', { 'a.txt': 'landed\n', 'deep/er/new.txt': 'n\n', 'b.txt': null }],
  ['more than are copied one by one', Object.fromEntries(many(210).map((name) => [name, `${name}\n`]))],
])("publishing %s leaves the user's repository whole", async (_, files) => {
  const head = await nextCommit(files);
  await world.moveRefAsHuman('refs/heads/next', null);
  // Made on something else, so that no object of the landing but the branch's own is there yet.
  const other = await world.commitAsHuman(branch('other'), world.base, { 'dir/c.txt': 'other\n' });
  const request = { onto: other, head, strategy: 'merge', message: 'merged', dateMs: 0 } as const;
  const merged = await world.git.merge(request);
  if (merged.kind !== 'merged') throw new Error(merged.kind);
  const onto = { branch: branch('other'), from: other, to: merged.commit };
  expect(await world.git.publish(onto)).toMatchObject({ kind: 'published' });
  expect(await git(world.root, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  expect(await git(world.root, 'rev-parse', 'other^{tree}')).toBe(merged.tree);
  expect(await git(world.root, 'log', '-1', '--format=%s', 'other')).toBe('merged');
});

function many(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `many/${at % 30}/f${at}.txt`);
}

describe('publishing to the branch of a checkout', () => {
  test('moves files, index and ref together when it is clean', async () => {
    const next = await nextCommit({ 'a.txt': 'landed\n', 'b.txt': null, 'new/n.txt': 'n\n' });
    await writeFiles(world.root, { 'untracked.txt': 'mine\n' });
    expect(await world.git.publish(landing(next))).toEqual({ kind: 'published', checkout: 'fast-forwarded' });
    expect(await git(world.root, 'status', '--porcelain')).toBe('?? untracked.txt');
    expect(await readFile(file('a.txt'), 'utf8')).toBe('landed\n');
    expect(existsSync(file('b.txt'))).toBe(false);
    expect(await git(world.root, 'rev-parse', 'main@{1}', 'HEAD@{1}')).toBe(`${world.base}\n${world.base}`);
    expect(existsSync(file('.git/index.lock'))).toBe(false);
  });

  test('takes a file that was only touched for clean', async () => {
    const next = await nextCommit({ 'a.txt': 'landed\n' });
    await utimes(file('a.txt'), 1, 1);
    expect(await world.git.publish(landing(next))).toMatchObject({ kind: 'published' });
    expect(await readFile(file('a.txt'), 'utf8')).toBe('landed\n');
  });

  test.each([
    ['a changed file', () => writeFile(file('a.txt'), 'mine\n')],
    ['a changed file the landing does not touch', () => writeFile(file('dir/c.txt'), 'mine\n')],
    [
      'a staged file',
      async (): Promise<void> => {
        await writeFile(file('a.txt'), 'mine\n');
        await git(world.root, 'add', 'a.txt');
      },
    ],
    ['an untracked file in the way', () => writeFile(file('new.txt'), 'mine\n')],
    [
      'an index that is locked by a living process',
      async (): Promise<void> => {
        held = await open(file('.git/index.lock'), 'wx');
      },
    ],
    ['files that need a filter', () => writeFile(file('.gitattributes'), '*.bin filter=lfs\n')],
    ['a merge in progress', () => writeFile(file('.git/MERGE_HEAD'), `${world.base}\n`)],
  ] as const)('holds the landing for %s', async (_what, make) => {
    const next = await nextCommit({ 'a.txt': 'landed\n', 'new.txt': 'landed\n' });
    await make();
    const before = await git(world.root, 'stash', 'list');
    const index = await readFile(file('.git/index'));
    expect(await world.git.publish(landing(next))).toEqual({ kind: 'held', checkout: world.root });
    expect(await git(world.root, 'rev-parse', 'main')).toBe(world.base);
    expect(await readFile(file('.git/index'))).toEqual(index);
    expect(await git(world.root, 'stash', 'list')).toBe(before);
    expect((await world.git.listKept('refs/copse/publish/')).map((kept) => kept.commit)).toEqual([next]);
  });

  test('takes away an index lock that nobody holds any more', async () => {
    const next = await nextCommit({ 'a.txt': 'landed\n' });
    await writeFile(file('.git/index.lock'), '');
    expect(await world.git.publish(landing(next))).toEqual({ kind: 'published', checkout: 'fast-forwarded' });
    expect(await git(world.root, 'status', '--porcelain')).toBe('');
  });

  test('moves a linked worktree that has the branch', async () => {
    await git(world.root, 'branch', 'target');
    await git(world.root, 'worktree', 'add', '-q', join(world.folder, 'linked'), 'target');
    const next = await nextCommit({ 'a.txt': 'landed\n' });
    const request = { branch: branch('target'), from: world.base, to: next };
    expect(await world.git.publish(request)).toEqual({ kind: 'published', checkout: 'fast-forwarded' });
    expect(await readFile(join(world.folder, 'linked', 'a.txt'), 'utf8')).toBe('landed\n');
    expect(await git(join(world.folder, 'linked'), 'status', '--porcelain')).toBe('');
  });

  test.each([
    'before:publish.cas',
    'after:publish.cas',
    'before:publish.checkout',
    'after:publish.checkout',
    'publish:after-lock',
  ])('ends in one state after a death at %s', async (point) => {
    const next = await nextCommit({ 'a.txt': 'landed\n', 'new.txt': 'n\n' });
    const dying = await world.reopen(async (name) => {
      // Never returns: whatever would run after the point does not run, as after a kill.
      if (name === point) await new Promise(() => undefined);
    });
    const lock = file('.git/index.lock');
    void dying.publish(landing(next));
    await until(() => isAt(point, lock, next));
    const reopened = await world.reopen();
    expect(await reopened.publish(landing(next))).toEqual({ kind: 'published', checkout: 'fast-forwarded' });
    expect(await git(world.root, 'rev-parse', 'main')).toBe(next);
    expect(await git(world.root, 'status', '--porcelain')).toBe('');
    expect(existsSync(lock)).toBe(false);
  });

  test.each([
    ['a.txt', 'new.txt', 'without git'],
    ['new.txt', 'a.txt', 'without git'],
    // Such a name is left to git.
    ['a.txt', 'n\u00f6.txt', 'by git'],
    ['n\u00f6.txt', 'a.txt', 'by git'],
  ])('leaves %s as a person writes it while the ref moves, and moves %s, %s', async (name, other) => {
    const next = await nextCommit({ [name]: 'landed\n', [other]: 'landed\n' });
    const open = await world.reopen(async (point) => {
      if (point === 'before:publish.checkout') await writeFile(file(name), 'typed meanwhile\n');
    });
    expect(await open.publish(landing(next))).toEqual({ kind: 'published', checkout: 'fast-forwarded' });
    expect(await readFile(file(name), 'utf8')).toBe('typed meanwhile\n');
    expect(await git(world.root, 'rev-parse', 'main')).toBe(next);
    // The rest is where the branch is: what differs is what the person wrote.
    expect(await git(world.root, '-c', 'core.quotePath=false', 'status', '--porcelain')).toBe(`M ${name}`);
    expect(await readFile(file(other), 'utf8')).toBe('landed\n');
    expect(existsSync(file('.git/index.lock'))).toBe(false);
  });

  test('does not overwrite what a person edited after a death in the middle', async () => {
    const next = await nextCommit({ 'a.txt': 'landed\n' });
    const dying = await world.reopen(async (name) => {
      if (name === 'before:publish.checkout') await new Promise(() => undefined);
    });
    void dying.publish(landing(next));
    await until(async () => (await git(world.root, 'rev-parse', 'main')) === next);
    await writeFile(file('a.txt'), 'typed since\n');
    const reopened = await world.reopen();
    await reopened.publish(landing(next));
    expect(await readFile(file('a.txt'), 'utf8')).toBe('typed since\n');
    expect(existsSync(file('.git/index.lock'))).toBe(false);
  });
});

describe('a workspace', () => {
  test('is brought up to date with changes in a file it changed itself', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    await world.write(spec, 'a.txt', lines({ 9: 'mine' }));
    await world.commit(spec, 'mine');
    const onto = await nextCommit({ 'a.txt': lines({ 0: 'theirs' }) });
    expect(await world.git.updateWorkspace(spec, onto, 'update')).toMatchObject({ kind: 'merged' });
    expect(await world.read(spec, 'a.txt')).toBe(lines({ 0: 'theirs', 9: 'mine' }));
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
  });

  test.each(['worktree', 'clone'] as const)('lives a whole life with isolation %s', async (isolation) => {
    const spec = world.spec('one', { isolation });
    expect(await world.git.provision(spec)).toMatchObject({ kind: 'ready', head: world.base });
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
    const snapshot = await world.git.takeSnapshot(spec);
    await world.write(spec, 'a.txt', lines({ 1: 'one' }));
    await world.commit(spec, 'first');
    await world.write(spec, 'new.txt', 'n\n');
    expect(await world.git.verifySnapshot(spec, snapshot)).toEqual([]);
    const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'salvage');
    const head = await world.git.commitOnBehalf(spec, captured);
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
    expect(await git(spec.path, 'rev-parse', 'HEAD')).toBe(head);
    expect(await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one')).toEqual({
      kind: 'taken',
      head,
      commits: 2,
    });
    const onto = await nextCommit({ 'b.txt': 'theirs\n' });
    const updated = await world.git.updateWorkspace(spec, onto, 'update');
    expect(updated).toMatchObject({ kind: 'merged' });
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
    expect(await world.git.removeWorkspace(spec, null)).toEqual({ kind: 'removed' });
    expect(existsSync(spec.path)).toBe(false);
    expect(await git(world.root, 'worktree', 'list', '--porcelain')).not.toContain('trees');
    const again = await world.git.provision(spec);
    if (updated.kind === 'merged') expect(again).toMatchObject({ kind: 'ready', head: updated.commit });
  });

  test('gets copies and links of ignored files, and never writes through a link', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    await writeFiles(world.root, { '.env': 'SECRET=1\n', 'deps/x.txt': 'x\n' });
    const shared = await world.git.shareFiles(spec, {
      copy: ['.env', 'nope', '../outside', '/etc/passwd', '.git/config'],
      link: ['deps'],
    });
    expect([...shared.missing].toSorted()).toEqual(['../outside', '.git/config', '/etc/passwd', 'nope']);
    expect(await world.read(spec, '.env')).toBe('SECRET=1\n');
    expect(await world.read(spec, 'deps/x.txt')).toBe('x\n');
    await rm(join(spec.path, 'dir'), { recursive: true });
    const { symlink } = await import('node:fs/promises');
    await symlink(world.folder, join(spec.path, 'dir'));
    await writeFiles(world.root, { 'dir/secret.txt': 's\n' });
    expect((await world.git.shareFiles(spec, { copy: ['dir/secret.txt'], link: [] })).missing).toEqual([
      'dir/secret.txt',
    ]);
    expect(existsSync(join(world.folder, 'secret.txt'))).toBe(false);
  });

  test('of a large repository comes from a spare tree, with nothing of another in it', async () => {
    await world.dispose();
    const files = Object.fromEntries(
      Array.from({ length: 1_200 }, (_, at) => [`d${at % 30}/f${at}.txt`, `${at}\n`]),
    );
    world = await realWorld({ files });
    const first = world.spec('first');
    expect(await world.git.provision(first)).toMatchObject({ technique: 'plain' });
    await world.git.settled();
    await writeFiles(first.path, { 'd0/junk.txt': 'x\n' });
    const next = await nextCommit({ 'd0/f0.txt': 'changed\n', 'd1/f1.txt': null });
    const second = world.spec('second', { base: next });
    expect(await world.git.provision(second)).toMatchObject({ technique: 'pool', head: next });
    expect(await git(second.path, 'status', '--porcelain')).toBe('');
    expect(await world.read(second, 'd0/f0.txt')).toBe('changed\n');
    expect((await stat(join(second.path, 'd2/f2.txt'))).nlink).toBe(1);
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const { setTimeout: delay } = await import('node:timers/promises');
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await isTrue()) return;
    await delay(5);
  }
  throw new Error('it never became true');
}

/** What the world looks like once a dying publish has reached `point`. */
async function isAt(point: string, lock: string, next: CommitId): Promise<boolean> {
  const tip = await git(world.root, 'rev-parse', 'main');
  if (point === 'after:publish.checkout') return tip === next && !existsSync(lock);
  if (point === 'after:publish.cas' || point === 'before:publish.checkout') return tip === next;
  return existsSync(lock);
}
