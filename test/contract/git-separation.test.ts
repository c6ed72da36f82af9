import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AbsolutePath, CommitId } from '../../src/core/ids.ts';
import { fakeWorld } from './git/fake-world.ts';
import { git, type RealWorld, realWorld } from './git/real-world.ts';
import { branch, lines, type MakeWorld, type World } from './git/world.ts';

const worlds: readonly (readonly [string, MakeWorld])[] = [
  ['in memory', fakeWorld],
  ['real git', realWorld],
];

describe.each(worlds)('questions of the conflict matrix: %s', (_, makeWorld) => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.dispose());

  const person = (name: string, files: Readonly<Record<string, string | null>>, parent = world.base) =>
    world.commitAsHuman(branch(name), parent, files);

  test('lists changed paths per range, with their kind', async () => {
    const one = await person('one', { 'a.txt': 'changed\n', 'new/é.txt': 'new\n', 'b.txt': null });
    const two = await person('two', { 'dir/c.txt': 'changed\n' });
    const lists = await world.git.changedPathsOf([
      { from: world.base, to: one },
      { from: world.base, to: world.base },
      { from: world.base, to: two },
      { from: two, to: one },
    ]);
    expect(lists.map((list) => list.map(({ path, kind }) => `${kind} ${path}`).toSorted())).toEqual([
      ['added new/é.txt', 'changed a.txt', 'deleted b.txt'],
      [],
      ['changed dir/c.txt'],
      ['added new/é.txt', 'changed a.txt', 'changed dir/c.txt', 'deleted b.txt'],
    ]);
    expect(await world.git.changedPathsOf([])).toEqual([]);
  });

  test('knows the merge base of every pair', async () => {
    const one = await person('one', { 'a.txt': '1\n' });
    const two = await person('two', { 'a.txt': '2\n' });
    const onOne = await person('on-one', { 'b.txt': '3\n' }, one);
    const onOneToo = await person('on-one-too', { 'dir/c.txt': '4\n' }, one);
    const pairs = await world.git.commonBases([one, two, onOne, onOneToo]);
    expect(pairs).toEqual([
      { a: one, b: two, bases: [world.base] },
      { a: one, b: onOne, bases: [one] },
      { a: one, b: onOneToo, bases: [one] },
      { a: two, b: onOne, bases: [world.base] },
      { a: two, b: onOneToo, bases: [world.base] },
      { a: onOne, b: onOneToo, bases: [one] },
    ]);
    expect(await world.git.commonBases([one])).toEqual([]);
  });

  test('merges pairs on trial: clean, conflicting with files, contained, impossible, in order', async () => {
    const one = await person('one', { 'a.txt': '1\n', 'b.txt': 'one\n' });
    const two = await person('two', { 'a.txt': '2\n', 'b.txt': 'two\n' });
    const three = await person('three', { 'dir/c.txt': '3\n' });
    const missing = '1'.repeat(one.length) as CommitId;
    const verdicts = await world.git.trialMerges([
      { a: one, b: three },
      { a: one, b: missing },
      { a: one, b: two },
      { a: world.base, b: two },
      { a: missing, b: two },
      { a: two, b: three },
    ]);
    expect(verdicts).toEqual([
      { kind: 'clean' },
      { kind: 'unknown', why: expect.any(String) },
      { kind: 'conflict', files: ['a.txt', 'b.txt'] },
      { kind: 'clean' },
      { kind: 'unknown', why: expect.any(String) },
      { kind: 'clean' },
    ]);
  });

  test('tells which files past commits changed together, newest first', async () => {
    const one = await person('one', { 'a.txt': '1\n', 'b.txt': '1\n' });
    const two = await person('one', { 'dir/c.txt': '2\n' }, one);
    expect(await world.git.coChange(two, 2)).toEqual([['dir/c.txt'], ['a.txt', 'b.txt']]);
    expect((await world.git.coChange(two, 100)).length).toBe(3);
  });

  test('lists branches and who has them checked out', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    const names = (await world.git.listBranches(10)).map(({ branch: name }) => name);
    expect(names.toSorted()).toEqual([spec.branch, 'main'].toSorted());
    expect(await world.git.listBranches(1)).toHaveLength(1);
    const checkouts = await world.git.listCheckouts();
    expect(checkouts).toContainEqual({ path: spec.path, branch: spec.branch });
  });

  test('sees uncommitted work, and merges it on trial', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    expect(await world.git.worktreeChanges(spec.path)).toEqual({
      branch: spec.branch,
      head: world.base,
      paths: [],
      snapshot: world.base,
    });
    await world.write(spec, 'a.txt', 'uncommitted\n');
    await world.write(spec, 'new/file.txt', 'new\n');
    await world.write(spec, 'b.txt', null);
    const first = await world.git.worktreeChanges(spec.path);
    expect(first?.paths).toEqual(['a.txt', 'b.txt', 'new/file.txt']);
    expect((await world.git.worktreeChanges(spec.path))?.snapshot).toBe(first?.snapshot);
    const theirs = await person('theirs', { 'a.txt': 'theirs\n' });
    const snapshot = first?.snapshot ?? world.base;
    expect(await world.git.trialMerges([{ a: snapshot, b: theirs }])).toEqual([
      { kind: 'conflict', files: ['a.txt'] },
    ]);
    const nowhere = '/nowhere/at/all' as AbsolutePath;
    const [sighting, none] = await world.git.sightWorktrees([spec.path, nowhere]);
    expect(none).toBeNull();
    expect(sighting).toEqual({
      head: world.base,
      changes: [
        { path: 'a.txt', kind: 'changed' },
        { path: 'b.txt', kind: 'deleted' },
        { path: 'new/file.txt', kind: 'added' },
      ],
      stamp: expect.any(String),
    });
    const stampNow = async (): Promise<string | undefined> =>
      (await world.git.sightWorktrees([spec.path]))[0]?.stamp;
    expect(await stampNow()).toBe(sighting?.stamp);
    await world.write(spec, 'new/file.txt', 'old\n');
    expect(await stampNow()).not.toBe(sighting?.stamp);
    await world.commit(spec, 'work');
    expect((await world.git.worktreeChanges(spec.path))?.paths).toEqual([]);
    expect((await world.git.sightWorktrees([spec.path]))[0]?.changes).toEqual([]);
    expect(await world.git.worktreeChanges('/nowhere/at/all' as AbsolutePath)).toBeNull();
  });
});

describe('questions of the conflict matrix: hostile and odd repositories', () => {
  let world: RealWorld;
  beforeEach(async () => {
    world = await realWorld();
  });
  afterEach(() => world.dispose());

  test('a folder renamed on one side conflicts with a file added to it on the other', async () => {
    const files = Object.fromEntries([1, 2, 3].map((n) => [`old/f${n}.txt`, lines({ 1: `file ${n}` })]));
    const base = await world.commitAsHuman(branch('base'), world.base, files);
    const moved = Object.fromEntries(
      Object.entries(files).flatMap(([path, text]) => [
        [path, null],
        [path.replace('old/', 'new/'), text],
      ]),
    ) as Record<string, string | null>;
    const renamed = await world.commitAsHuman(branch('renamed'), base, moved);
    const added = await world.commitAsHuman(branch('added'), base, { 'old/f4.txt': 'added\n' });
    const [verdict] = await world.git.trialMerges([{ a: renamed, b: added }]);
    expect(verdict).toEqual({ kind: 'conflict', files: ['new/f4.txt'] });
  });

  test('two criss-crossed bases are both told', async () => {
    const { root } = world;
    const one = await world.commitAsHuman(branch('one'), world.base, { 'a.txt': '1\n' });
    const two = await world.commitAsHuman(branch('two'), world.base, { 'b.txt': '2\n' });
    const tree = await git(root, 'merge-tree', '--write-tree', one, two);
    const left = (await git(root, 'commit-tree', tree, '-p', one, '-p', two, '-m', 'l')) as CommitId;
    const right = (await git(root, 'commit-tree', tree, '-p', two, '-p', one, '-m', 'r')) as CommitId;
    const [pair] = await world.git.commonBases([left, right]);
    expect([...(pair?.bases ?? [])].toSorted()).toEqual([one, two].toSorted());
    const other = (await git(root, 'commit-tree', tree, '-m', 'orphan')) as CommitId;
    const all = await world.git.commonBases([left, other, right]);
    expect(all.map(({ bases }) => bases.length)).toEqual([0, 2, 0]);
    expect(
      (
        await world.git.trialMerges([
          { a: left, b: other },
          { a: left, b: right },
        ])
      ).map(({ kind }) => kind),
    ).toEqual(['unknown', 'clean']);
  });

  test('looking takes no lock, runs no configuration and writes nothing in the repository', async () => {
    const spec = world.spec('one');
    await world.git.provision(spec);
    const trap = join(world.folder, 'ran');
    await git(spec.path, 'config', 'core.fsmonitor', `touch ${trap}; false`);
    await git(spec.path, 'config', 'filter.evil.clean', `touch ${trap}; cat`);
    await world.write(spec, '.gitattributes', '* filter=evil\n');
    await world.write(spec, 'a.txt', 'uncommitted\n');
    const admin = await git(spec.path, '-c', 'core.fsmonitor=false', 'rev-parse', '--absolute-git-dir');
    await writeFile(join(admin, 'index.lock'), '');
    const objects = await git(world.root, 'count-objects', '-v');
    const seen = await world.git.worktreeChanges(spec.path);
    expect(seen?.paths).toEqual(['.gitattributes', 'a.txt']);
    await world.git.trialMerges([{ a: seen?.snapshot ?? world.base, b: world.base }]);
    expect(await git(world.root, 'count-objects', '-v')).toBe(objects);
    await expect(git(world.folder, 'hash-object', trap)).rejects.toThrow();
  });

  test('a folder that only claims to be a checkout is not looked at', async () => {
    const fake = join(world.folder, 'fake') as AbsolutePath;
    await mkdir(fake);
    await writeFile(join(fake, '.git'), `gitdir: ${join(world.root, '.git')}\n`);
    expect(await world.git.worktreeChanges(fake)).toBeNull();
  });

  test('the user checkout and its damaged index are looked at all the same', async () => {
    await writeFile(join(world.root, 'b.txt'), 'mine\n');
    await rename(join(world.root, '.git', 'index'), join(world.folder, 'index'));
    await writeFile(join(world.root, '.git', 'index'), 'no index at all');
    expect((await world.git.worktreeChanges(world.root))?.paths).toEqual(['b.txt']);
  });
});

describe('another git', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  test('without batches is given one process per pair, and the verdicts are the same', async () => {
    const world = await realWorld();
    const old = join(world.folder, 'old');
    await mkdir(old);
    const script = [
      '#!/bin/sh',
      'for word in "$@"; do [ "$word" = --stdin ] && case "$*" in *merge-tree*) echo "$*" >>"$0.asked"; exit 129;; esac; done',
      `PATH=${JSON.stringify(path)} exec git "$@"`,
    ];
    await writeFile(join(old, 'git'), `${script.join('\n')}\n`, { mode: 0o755 });
    const one = await world.commitAsHuman(branch('one'), world.base, { 'a.txt': '1\n', 'b.txt': '1\n' });
    const two = await world.commitAsHuman(branch('two'), world.base, { 'a.txt': '2\n', 'b.txt': '2\n' });
    const three = await world.commitAsHuman(branch('three'), world.base, { 'dir/c.txt': '3\n' });
    const orphan = (await git(world.root, 'commit-tree', `${one}^{tree}`, '-m', 'orphan')) as CommitId;
    const pairs = [
      { a: one, b: two },
      { a: one, b: three },
      { a: one, b: orphan },
      { a: one, b: '1'.repeat(40) as CommitId },
    ];
    const batched = await world.git.trialMerges(pairs);
    process.env['PATH'] = `${old}:${path ?? ''}`;
    const older = await world.reopen();
    expect(await older.trialMerges(pairs)).toEqual(batched);
    expect(await older.trialMerges(pairs)).toEqual(batched);
    expect(batched.map(({ kind }) => kind)).toEqual(['conflict', 'clean', 'unknown', 'unknown']);
    const asked = await readFile(join(old, 'git.asked'), 'utf8');
    expect(asked.trim().split('\n')).toHaveLength(1);
    await world.dispose();
  });

  test('that crashes on one pair costs that pair alone', async () => {
    const world = await realWorld();
    const crashing = join(world.folder, 'crashing');
    await mkdir(crashing);
    const tips: CommitId[] = [];
    for (let at = 0; at < 6; at += 1) {
      tips.push(
        await world.commitAsHuman(branch(`t${at}`), world.base, {
          'a.txt': `${at >> 1}\n`,
          [`own-${at}.txt`]: 'x\n',
        }),
      );
    }
    const pairs = tips.flatMap((a, at) => tips.slice(at + 1).map((b) => ({ a, b })));
    const expected = await world.git.trialMerges(pairs);
    // Dies before it writes any answer, as a process does whose output was still in its buffer.
    const script = [
      '#!/bin/sh',
      `export PATH=${JSON.stringify(path)}`,
      'case "$*" in *merge-tree*--stdin*) ;; *) exec git "$@" ;; esac',
      'cat >"$0.in.$$"',
      `if grep -q "${tips[1]} ${tips[4]}" "$0.in.$$"; then kill -ABRT $$; fi`,
      'git "$@" <"$0.in.$$"',
    ];
    await writeFile(join(crashing, 'git'), `${script.join('\n')}\n`, { mode: 0o755 });
    process.env['PATH'] = `${crashing}:${path ?? ''}`;
    const found = await (await world.reopen()).trialMerges(pairs);
    const at = pairs.findIndex(({ a, b }) => a === tips[1] && b === tips[4]);
    expect(found[at]?.kind).toBe('unknown');
    expect(found.toSpliced(at, 1)).toEqual(expected.toSpliced(at, 1));
    await world.dispose();
  });
});
