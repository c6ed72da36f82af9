/** A gate slot that was seen unchanged is moved on by what differs alone; it must be as clean as one that was reset. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommitId } from '../../../src/core/ids.ts';
import { git, realWorld, writeFiles, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

let world: RealWorld;
let next: CommitId;
let slot: string;
const target = () => ({ branch: branch('main'), tip: world.base });

beforeEach(async () => {
  world = await realWorld();
  const files = { 'b.txt': 'next\n', 'new/deep.txt': 'next\n' };
  next = await world.commitAsHuman(branch('side'), world.base, files);
  slot = await world.git.checkoutSlot('s', world.base, target());
});
afterEach(() => world.dispose());

async function expectCheckedOut(commit: CommitId): Promise<void> {
  expect(await git(slot, 'status', '--porcelain')).toBe('');
  expect(await git(slot, 'clean', '-ffdn')).toBe('');
  expect(await git(slot, 'write-tree')).toBe(await world.git.treeOf(commit));
  expect(await git(slot, 'rev-parse', 'HEAD')).toBe(commit);
  expect(await git(slot, 'ls-files', '-m', '-d')).toBe('');
}

test('moves there and back after looks that found nothing', async () => {
  for (const commit of [next, world.base, next, next]) {
    await world.git.slotChanges('s', await headOf());
    await world.git.checkoutSlot('s', commit, target());
    await expectCheckedOut(commit);
  }
});

test('has the target by its name, at its present tip, whatever the last gate made of it', async () => {
  expect(await git(slot, 'rev-parse', 'main', 'refs/heads/main')).toBe(`${world.base}\n${world.base}`);
  expect(await git(slot, 'merge-base', 'main', 'HEAD')).toBe(world.base);
  const own = await git(slot, 'commit-tree', 'HEAD^{tree}', '-m', 'of the gate');
  await git(slot, 'update-ref', 'refs/heads/main', own);
  await git(slot, 'branch', 'of-the-gate', own);
  await world.git.checkoutSlot('s', next, { branch: branch('main'), tip: next });
  expect(await git(slot, 'rev-parse', 'main')).toBe(next);
  expect(await git(slot, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  await world.git.checkoutSlot('s', world.base, target());
  expect(await git(slot, 'rev-parse', 'main')).toBe(world.base);
});

async function headOf(): Promise<CommitId> {
  return (await git(slot, 'rev-parse', 'HEAD')) as CommitId;
}

const leftovers: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['a changed file', () => writeFiles(slot, { 'a.txt': 'gate\n' })],
  ['a file of its own', () => writeFiles(slot, { 'out.txt': 'gate\n' })],
  ['an empty folder', () => mkdir(join(slot, 'tmp'))],
  ['a link', () => symlink('a.txt', join(slot, 'link'))],
  ['a repository', () => git(slot, 'init', '-q', 'inner')],
];
test.each(leftovers)('removes %s that the look found', async (_, leave) => {
  await leave();
  await world.git.slotChanges('s', world.base);
  await world.git.checkoutSlot('s', next, target());
  await expectCheckedOut(next);
});

test('resets when something came into the way after the look', async () => {
  await world.git.slotChanges('s', world.base);
  await mkdir(join(slot, 'new'));
  await writeFile(join(slot, 'new', 'deep.txt'), 'in the way\n');
  await world.git.checkoutSlot('s', next, target());
  await expectCheckedOut(next);
});

test('resets a slot that nobody looked at', async () => {
  await world.git.slotChanges('s', world.base);
  await world.git.checkoutSlot('s', next, target());
  await writeFiles(slot, { 'a.txt': 'gate\n', 'out.txt': 'gate\n' });
  await world.git.checkoutSlot('s', world.base, target());
  await expectCheckedOut(world.base);
});
