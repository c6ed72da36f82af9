import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AbsolutePath, CommitId } from '../../src/core/ids.ts';
import type { ResolutionRule, ResolutionSpec } from '../../src/ports/git-resolution.ts';
import { fakeWorld } from './git/fake-world.ts';
import { git, realWorld, type RealWorld } from './git/real-world.ts';
import { branch, lines, type MakeWorld, type World } from './git/world.ts';

const worlds: readonly (readonly [string, MakeWorld])[] = [
  ['in memory', fakeWorld],
  ['real git', realWorld],
];

describe.each(worlds)('conflicts and reverts: %s', (_, makeWorld) => {
  let world: World;
  let ours: CommitId;
  let theirs: CommitId;
  beforeEach(async () => {
    world = await makeWorld();
    ours = await person('main', { 'same.txt': 'ours\n' });
    theirs = await person('topic', { 'same.txt': 'theirs\n', 'own.txt': 'own\n' });
  });
  afterEach(() => world.dispose());

  const person = (name: string, files: Readonly<Record<string, string | null>>, parent = world.base) =>
    world.commitAsHuman(branch(name), parent, files);
  const resolve = (rule: ResolutionRule, sides = { ours, theirs }) =>
    world.git.resolveByRule({ ...sides, rule, message: `by ${rule}\n`, dateMs: 5_000 });
  const file = (commit: CommitId, path: string) => world.git.readFile(commit, path as never);
  const spec = (changes: Partial<ResolutionSpec> = {}): ResolutionSpec => ({
    name: 'topic-1',
    branch: branch('main'),
    ours,
    theirs,
    ...changes,
  });
  const made = { keepRef: 'refs/copse/resolutions/run-1/topic', message: 'resolved\n', dateMs: 5_000 };

  test.each([
    ['ours', 'ours\n'],
    ['theirs', 'theirs\n'],
    ['both', 'ours\ntheirs\n'],
  ] as const)('takes %s in the files in conflict, and the rest as git merged it', async (rule, content) => {
    const found = await resolve(rule);
    if (found.kind !== 'resolved') throw new Error(found.kind);
    expect(found.files).toEqual(['same.txt']);
    expect(await file(found.commit, 'same.txt')).toBe(content);
    expect(await file(found.commit, 'own.txt')).toBe('own\n');
    expect(await world.git.treeOf(found.commit)).toBe(found.tree);
    expect(await parentsOf(found.commit)).toEqual([ours, theirs]);
    expect(await resolve(rule)).toEqual(found);
  });

  test('a file deleted on one side is taken whole or goes, and both sides cannot be had', async () => {
    const gone = await person('gone', { 'a.txt': null });
    const changed = await person('changed', { 'a.txt': 'changed\n' });
    const sides = { ours: gone, theirs: changed };
    expect(await resolve('both', sides)).toMatchObject({ kind: 'unresolved', files: ['a.txt'] });
    const kept = await resolve('theirs', sides);
    const left = await resolve('ours', sides);
    if (kept.kind !== 'resolved' || left.kind !== 'resolved') throw new Error('unresolved');
    expect(await file(kept.commit, 'a.txt')).toBe('changed\n');
    expect(await file(left.commit, 'a.txt')).toBeNull();
  });

  test('where nothing is in conflict any more, the plain merge is the answer', async () => {
    const other = await person('other', { 'b.txt': 'b\n' });
    const found = await resolve('ours', { ours, theirs: other });
    if (found.kind !== 'clean') throw new Error(found.kind);
    expect(await file(found.commit, 'b.txt')).toBe('b\n');
    expect(await parentsOf(found.commit)).toEqual([ours, other]);
  });

  test('a recorded resolution is found again when the same lines meet on other commits', async () => {
    expect(await resolve('recorded')).toMatchObject({ kind: 'unresolved', files: ['same.txt'] });
    const checkout = await world.git.openResolution(spec());
    await world.writeIn(checkout.path, 'same.txt', 'ours with theirs\n');
    const reading = await world.git.readResolution(spec(), made);
    if (reading.kind !== 'read') throw new Error(reading.kind);
    await world.git.recordResolution({ ours, theirs }, reading.commit);
    await world.git.recordResolution({ ours, theirs }, reading.commit);
    const moved = await person('main', { 'b.txt': 'more\n' }, ours);
    const again = await resolve('recorded', { ours: moved, theirs });
    if (again.kind !== 'resolved') throw new Error(again.kind);
    expect(await file(again.commit, 'same.txt')).toBe('ours with theirs\n');
    expect(await file(again.commit, 'b.txt')).toBe('more\n');
    const else_ = await person('else', { 'same.txt': 'else\n' });
    expect(await resolve('recorded', { ours, theirs: else_ })).toMatchObject({ kind: 'unresolved' });
  });

  test('a checkout holds the merge in progress, and what becomes of it has exactly two parents', async () => {
    const checkout = await world.git.openResolution(spec());
    expect(checkout).toMatchObject({ base: world.base, files: ['same.txt'], isFound: false });
    const marked = await world.readIn(checkout.path, 'same.txt');
    expect(marked).toMatch(/^<{7} [^]*^={7}$[^]*^>{7} /m);
    expect(await world.readIn(checkout.path, 'own.txt')).toBe('own\n');
    expect(await world.git.readResolution(spec(), made)).toMatchObject({
      kind: 'read',
      markers: ['same.txt'],
      isUntouched: true,
    });
    await world.writeIn(checkout.path, 'same.txt', 'settled\n');
    expect(await world.git.openResolution(spec())).toMatchObject({ isFound: true });
    const reading = await world.git.readResolution(spec(), made);
    if (reading.kind !== 'read') throw new Error(reading.kind);
    expect(reading).toMatchObject({ markers: [], outside: [], isUntouched: false });
    expect(await parentsOf(reading.commit)).toEqual([ours, theirs]);
    expect(await file(reading.commit, 'same.txt')).toBe('settled\n');
    expect(await world.git.listKept(made.keepRef)).toEqual([{ ref: made.keepRef, commit: reading.commit }]);
    expect(await world.git.readResolution(spec(), made)).toEqual(reading);
    await world.git.closeResolution('topic-1');
    await world.git.closeResolution('topic-1');
    expect(await world.git.readResolution(spec(), made)).toEqual({ kind: 'missing' });
  });

  test('what was not in conflict and is changed all the same is named', async () => {
    const checkout = await world.git.openResolution(spec());
    await world.writeIn(checkout.path, 'same.txt', 'settled\n');
    await world.writeIn(checkout.path, 'b.txt', 'sneaked in\n');
    await world.writeIn(checkout.path, 'new.txt', 'new\n');
    await world.writeIn(checkout.path, 'own.txt', null);
    const reading = await world.git.readResolution(spec(), made);
    expect(reading).toMatchObject({ kind: 'read', outside: ['b.txt', 'new.txt', 'own.txt'] });
  });

  test('takes a merge back on top of what landed since, and takes that back again', async () => {
    // Not the branch that is checked out: a person's commit there leaves the checkout behind, and publishing waits for it.
    const start = await person('release', { 'same.txt': 'ours\n' });
    const other = await person('other', { 'b.txt': 'b\n' });
    const merge = await world.git.merge({
      onto: start,
      head: other,
      strategy: 'merge',
      message: 'm',
      dateMs: 1_000,
    });
    if (merge.kind !== 'merged') throw new Error(merge.kind);
    const published = await world.git.publish({ branch: branch('release'), from: start, to: merge.commit });
    expect(published.kind).toBe('published');
    const later = await person('release', { 'dir/c.txt': 'later\n' }, merge.commit);
    const request = { onto: later, commit: merge.commit, parent: start, message: 'back\n', dateMs: 2_000 };
    const back = await world.git.revert(request);
    if (back.kind !== 'merged') throw new Error(back.kind);
    expect(await world.git.revert(request)).toEqual(back);
    expect(await file(back.commit, 'b.txt')).toBe(lines());
    expect(await file(back.commit, 'dir/c.txt')).toBe('later\n');
    expect(await parentsOf(back.commit)).toEqual([later]);
    const forth = await world.git.revert({
      onto: back.commit,
      commit: back.commit,
      parent: later,
      message: 'forth\n',
      dateMs: 3_000,
    });
    if (forth.kind !== 'merged') throw new Error(forth.kind);
    expect(await file(forth.commit, 'b.txt')).toBe('b\n');
    expect(
      (await world.git.firstParents(forth.commit, 4)).map(({ commit, message }) => [commit, message.trim()]),
    ).toEqual([
      [forth.commit, 'forth'],
      [back.commit, 'back'],
      [later, 'by a person'],
      [merge.commit, 'm'],
    ]);
  });

  test('a revert that meets later work names the files, and one with nothing to do says so', async () => {
    const one = await person('main', { 'a.txt': 'one\n' }, ours);
    const two = await person('main', { 'a.txt': 'two\n' }, one);
    const request = { commit: one, parent: ours, message: 'back\n', dateMs: 2_000 };
    expect(await world.git.revert({ ...request, onto: two })).toEqual({
      kind: 'conflicted',
      files: ['a.txt'],
    });
    expect(await world.git.revert({ ...request, onto: ours })).toEqual({ kind: 'contained' });
  });

  async function parentsOf(commit: CommitId): Promise<readonly CommitId[]> {
    return (await world.git.firstParents(commit, 1))[0]?.parents ?? [];
  }
});

describe('conflicts in real repositories', () => {
  let world: RealWorld;
  let ours: CommitId;
  let theirs: CommitId;
  beforeEach(async () => {
    world = await realWorld();
    ours = await person('main', { 'a.txt': lines({ 4: 'ours' }), 'b.txt': lines({ 1: 'ours' }) });
    theirs = await person('topic', { 'a.txt': lines({ 4: 'theirs', 9: 'end' }) });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await world.dispose();
  });

  const person = (name: string, files: Readonly<Record<string, string | null>>, parent = world.base) =>
    world.commitAsHuman(branch(name), parent, files);
  const spec = (): ResolutionSpec => ({ name: 'topic-1', branch: branch('main'), ours, theirs });
  const made = { keepRef: 'refs/copse/resolutions/run-1/topic', message: 'resolved\n', dateMs: 5_000 };
  const resolve = (rule: ResolutionRule) =>
    world.git.resolveByRule({ ours, theirs, rule, message: `by ${rule}\n`, dateMs: 5_000 });

  test('one side is taken only where the lines meet', async () => {
    const found = await resolve('ours');
    if (found.kind !== 'resolved') throw new Error(found.kind);
    expect(await world.git.readFile(found.commit, 'a.txt' as never)).toBe(lines({ 4: 'ours', 9: 'end' }));
  });

  test('in the checkout git itself sees a merge in progress, and a commit there changes nothing', async () => {
    const { path } = await world.git.openResolution(spec());
    expect(await git(path, 'status', '--porcelain')).toBe('UU a.txt');
    expect(await git(path, 'rev-parse', 'MERGE_HEAD', 'HEAD')).toBe(`${theirs}\n${ours}`);
    await world.writeIn(path, 'a.txt', lines({ 4: 'settled' }));
    await git(path, 'commit', '-q', '-a', '-m', 'mine');
    const reading = await world.git.readResolution(spec(), made);
    if (reading.kind !== 'read') throw new Error(reading.kind);
    expect(await git(world.state, '--git-dir=control.git', 'rev-parse', `${reading.commit}^@`)).toBe(
      `${ours}\n${theirs}`,
    );
    expect(await world.git.branchTip(branch('main'))).toBe(ours);
  });

  test('what is planted in the checkout does not run and is not believed', async () => {
    const { path } = await world.git.openResolution(spec());
    const trap = join(world.folder, 'trapped');
    await git(path, 'config', 'core.fsmonitor', `touch ${trap}`);
    await git(path, 'config', 'filter.x.clean', `touch ${trap}; cat`);
    await mkdir(join(path, '.git', 'info'), { recursive: true });
    await writeFile(join(path, '.git', 'info', 'attributes'), '* filter=x\n');
    await world.writeIn(path, 'a.txt', 'settled\n');
    const reading = await world.git.readResolution(spec(), made);
    expect(reading).toMatchObject({ kind: 'read', markers: [], outside: [] });
    expect(await world.readIn(world.folder as AbsolutePath, 'trapped')).toBeNull();
  });

  test('resolutions are recorded in the state folder alone', async () => {
    await git(world.root, 'config', 'rerere.enabled', 'false');
    const { path } = await world.git.openResolution(spec());
    await world.writeIn(path, 'a.txt', lines({ 4: 'settled', 9: 'end' }));
    const reading = await world.git.readResolution(spec(), made);
    if (reading.kind !== 'read') throw new Error(reading.kind);
    await world.git.recordResolution({ ours, theirs }, reading.commit);
    const again = await world.reopen();
    const found = await again.resolveByRule({ ours, theirs, rule: 'recorded', message: 'm\n', dateMs: 1 });
    if (found.kind !== 'resolved') throw new Error(found.kind);
    expect(found.tree).toBe(reading.tree);
    expect(await world.readIn(world.root, '.git/rr-cache/x')).toBeNull();
    expect(await git(world.root, 'config', '--get', 'rerere.enabled')).toBe('false');
    await expect(git(world.root, 'rev-parse', '--verify', '.git/rr-cache')).rejects.toThrow();
  });

  test('the structural tool is called as a merge driver, on the files in conflict only', async () => {
    const bin = join(world.folder, 'bin');
    const tool = (body: string) =>
      writeFile(join(bin, 'mergiraf'), `#!/bin/sh\n${body}\n`).then(() =>
        chmod(join(bin, 'mergiraf'), 0o755),
      );
    await mkdir(bin);
    expect(await resolve('structural')).toMatchObject({
      kind: 'unresolved',
      detail: 'mergiraf is not installed',
    });
    vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`);
    const log = join(world.folder, 'calls');
    await tool(
      `echo "$@" >>${log}; [ "$1 $2" = "merge --git" ] && sed 's/theirs/both/' "$5" >"$4.new" && mv "$4.new" "$4"`,
    );
    const found = await resolve('structural');
    if (found.kind !== 'resolved') throw new Error(found.kind);
    expect(await world.git.readFile(found.commit, 'a.txt' as never)).toBe(lines({ 4: 'both', 9: 'end' }));
    expect((await world.readIn(world.folder as AbsolutePath, 'calls'))?.match(/-p a\.txt/g)).toHaveLength(1);
    await tool('exit 1');
    expect(await resolve('structural')).toMatchObject({ kind: 'unresolved' });
    await tool(`printf '<<<<<<< a\\nx\\n=======\\ny\\n>>>>>>> b\\n' >"$4"`);
    expect(await resolve('structural')).toMatchObject({ kind: 'unresolved' });
  });
});
