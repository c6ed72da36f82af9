/** What an agent in a linked worktree can break, and what the guard makes of it. */
import { appendFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GuardSnapshot, GuardViolation, WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, realWorld, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

describe('the guard', () => {
  let world: RealWorld;
  let spec: WorkspaceSpec;
  let snapshot: GuardSnapshot;
  beforeEach(async () => {
    world = await realWorld();
    await git(world.root, 'tag', 'v1');
    await git(world.root, 'branch', 'kept');
    await writeFile(join(world.root, '.git', 'hooks', 'post-merge'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    spec = world.spec('one');
    await world.git.provision(spec);
    snapshot = await world.git.takeSnapshot(spec);
  });
  afterEach(() => world.dispose());

  const verify = (): Promise<readonly GuardViolation[]> => world.git.verifySnapshot(spec, snapshot);
  const common = (path: string) => join(world.root, '.git', path);

  test.each([
    ['config', 'config-changed', () => appendFile(common('config'), '[core]\n\tfsmonitor = /bin/false\n')],
    [
      'hooks/post-commit',
      'hooks-changed',
      () => writeFile(common('hooks/post-commit'), '#!/bin/sh\n', { mode: 0o755 }),
    ],
    ['hooks/post-merge', 'hooks-changed', () => rm(common('hooks/post-merge'))],
    ['info/attributes', 'info-changed', () => writeFile(common('info/attributes'), '* filter=evil\n')],
    ['info/grafts', 'info-changed', () => writeFile(common('info/grafts'), 'x\n')],
    [
      'objects/info/alternates',
      'info-changed',
      () => writeFile(common('objects/info/alternates'), '/nonexistent\n'),
    ],
    ['config.worktree', 'config-changed', () => writeFile(common('config.worktree'), '[core]\n')],
  ] as const)('puts %s back', async (path, kind, attack) => {
    const before = await readFile(common(path)).catch(() => null);
    const mode = (await stat(common(path)).catch(() => null))?.mode;
    await attack();
    expect(await verify()).toEqual([{ kind, path: common(path), restored: true }]);
    expect(await readFile(common(path)).catch(() => null)).toEqual(before);
    expect((await stat(common(path)).catch(() => null))?.mode).toBe(mode);
    expect(await verify()).toEqual([]);
  });

  test('puts a hooks folder back that was replaced by a link', async () => {
    await rm(common('hooks'), { recursive: true });
    await symlink(spec.path, common('hooks'));
    const violations = await verify();
    expect(violations.map((violation) => violation.kind)).toContain('hooks-changed');
    expect((await stat(common('hooks/post-merge'))).mode & 0o111).not.toBe(0);
    expect(await verify()).toEqual([]);
  });

  test('undoes a moved tag, a deleted branch and a replacement, and keeps the new values', async () => {
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    await git(spec.path, 'tag', '-f', 'v1', mine);
    await git(spec.path, 'branch', '-D', 'kept');
    await git(spec.path, 'replace', world.base, mine);
    const violations = await verify();
    expect(violations).toEqual([
      {
        kind: 'ref-deleted',
        ref: 'refs/heads/kept',
        from: world.base,
        to: null,
        restored: true,
        tolerated: false,
      },
      {
        kind: 'ref-created',
        ref: `refs/replace/${world.base}`,
        from: null,
        to: mine,
        restored: true,
        tolerated: false,
      },
      {
        kind: 'ref-moved',
        ref: 'refs/tags/v1',
        from: world.base,
        to: mine,
        restored: true,
        tolerated: false,
      },
    ]);
    expect(await git(world.root, 'rev-parse', 'v1', 'kept')).toBe(`${world.base}\n${world.base}`);
    expect((await world.git.listKept('refs/copse/salvage/one/')).map((kept) => kept.commit)).toContain(mine);
  });

  test('notices a target taken back behind a landing of ours', async () => {
    await git(world.root, 'branch', 'target', world.base);
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    snapshot = await world.git.takeSnapshot(spec);
    await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
    await world.git.publish({ branch: branch('target'), from: world.base, to: mine });
    expect(await verify()).toEqual([]);
    await git(spec.path, 'update-ref', 'refs/heads/target', world.base);
    expect(await verify()).toEqual([
      {
        kind: 'ref-moved',
        ref: 'refs/heads/target',
        from: mine,
        to: world.base,
        restored: true,
        tolerated: false,
      },
    ]);
    expect(await git(world.root, 'rev-parse', 'target')).toBe(mine);
  });

  test("leaves the user's own commit, amend and switch alone", async () => {
    await writeFile(join(world.root, 'a.txt'), 'user\n');
    await git(world.root, 'commit', '-qam', 'user');
    expect((await verify()).map((violation) => 'restored' in violation && violation.restored)).toEqual([
      false,
    ]);
    snapshot = await world.git.takeSnapshot(spec);
    await git(world.root, 'commit', '-q', '--amend', '-m', 'amended');
    const tip = await git(world.root, 'rev-parse', 'main');
    expect((await verify()).map((violation) => violation.restored)).toEqual([false]);
    expect(await git(world.root, 'rev-parse', 'main')).toBe(tip);
    snapshot = await world.git.takeSnapshot(spec);
    await git(world.root, 'checkout', '-q', 'kept');
    expect(await verify()).toEqual([]);
  });

  test("undoes a move of another task's branch, not that task's own amend", async () => {
    const other = world.spec('two');
    await world.git.provision(other);
    await world.write(other, 'b.txt', 'two\n');
    const two = await world.commit(other, 'two');
    snapshot = await world.git.takeSnapshot(spec);
    await git(spec.path, 'update-ref', `refs/heads/${other.branch}`, world.base);
    expect(await verify()).toMatchObject([{ kind: 'ref-moved', from: two, to: world.base, restored: true }]);
    expect(await world.git.branchTip(other.branch)).toBe(two);
    await git(other.path, 'commit', '-q', '--amend', '-m', 'amended');
    expect(await verify()).toEqual([]);
  });

  test('makes a deleted worktree again', async () => {
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    await rm(spec.path, { recursive: true });
    expect(await verify()).toEqual([
      { kind: 'worktree-missing', detail: 'the folder was deleted', restored: true },
    ]);
    expect(await world.git.sight(spec)).toMatchObject({ exists: true, branch: spec.branch, head: mine });
    expect(await world.read(spec, 'a.txt')).toBe('mine\n');
  });

  test.each([
    ['deleted', () => rm(join(spec.path, '.git'))],
    [
      'replaced by a repository',
      async (): Promise<void> => {
        await rm(join(spec.path, '.git'));
        await git(spec.path, 'init', '-q');
      },
    ],
    [
      'pruned',
      async (): Promise<void> => {
        await rm(join(spec.path, '.git'));
        await git(world.root, 'worktree', 'prune');
      },
    ],
    [
      "redirected to another task's",
      async (): Promise<void> => {
        const other = world.spec('two');
        await world.git.provision(other);
        await writeFile(join(spec.path, '.git'), await readFile(join(other.path, '.git')));
      },
    ],
  ] as const)('links a worktree again whose .git was %s', async (_how, attack) => {
    await world.write(spec, 'a.txt', 'not committed\n');
    await attack();
    const violations = await verify();
    expect(violations).toEqual([
      { kind: 'worktree-missing', detail: '.git was deleted, replaced or redirected', restored: true },
    ]);
    expect(await world.read(spec, 'a.txt')).toBe('not committed\n');
    expect(await git(spec.path, 'status', '--porcelain')).toBe('M a.txt');
    expect(await git(spec.path, 'rev-parse', '--abbrev-ref', 'HEAD')).toBe(spec.branch);
  });

  test.each(['detached', 'wrong-branch'] as const)('adopts work committed with HEAD %s', async (kind) => {
    await git(spec.path, 'checkout', '-q', ...(kind === 'detached' ? ['--detach'] : ['-b', 'stray']));
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    const violations = await verify();
    expect(violations.filter((violation) => violation.kind === kind)).toMatchObject([{ restored: true }]);
    expect(await world.git.branchTip(spec.branch)).toBe(mine);
    expect(await git(spec.path, 'rev-parse', '--abbrev-ref', 'HEAD')).toBe(spec.branch);
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
  });

  test('takes a worktree back that was left on an older commit', async () => {
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    await git(spec.path, 'checkout', '-q', '--detach', 'main');
    expect(await verify()).toMatchObject([{ kind: 'detached', restored: true }]);
    expect(await world.git.branchTip(spec.branch)).toBe(mine);
    expect(await world.read(spec, 'a.txt')).toBe('mine\n');
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
  });

  test('saves, but does not adopt, work on a history that parted', async () => {
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    await git(spec.path, 'checkout', '-q', '--detach', 'main');
    await world.write(spec, 'b.txt', 'apart\n');
    const apart = await world.commit(spec, 'apart');
    expect(await verify()).toMatchObject([{ kind: 'detached', restored: false }]);
    expect(await world.git.branchTip(spec.branch)).toBe(mine);
    expect((await world.git.listKept('refs/copse/salvage/one/')).map((kept) => kept.commit)).toContain(apart);
  });

  test('ends a merge that was left with conflicts, keeping the files', async () => {
    const theirs = await world.commitAsHuman(branch('theirs'), world.base, { 'a.txt': 'theirs\n' });
    await world.write(spec, 'a.txt', 'mine\n');
    await world.commit(spec, 'mine');
    snapshot = await world.git.takeSnapshot(spec);
    await git(spec.path, 'merge', theirs).catch(() => null);
    expect((await world.git.sight(spec)).inProgress).toBe('merge');
    expect(await verify()).toEqual([
      { kind: 'detached', detail: 'a merge was left half done', restored: true },
    ]);
    expect((await world.git.sight(spec)).inProgress).toBeNull();
    const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x');
    expect(captured.dirtyPaths).toEqual(['a.txt']);
    const facts = await world.git.intakeFacts(world.base, captured.commit);
    expect(facts.conflictMarkers).toEqual(['a.txt']);
  });

  test('ends a rebase that stopped in the middle', async () => {
    const theirs = await world.commitAsHuman(branch('theirs'), world.base, { 'a.txt': 'theirs\n' });
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    snapshot = await world.git.takeSnapshot(spec);
    await git(spec.path, 'rebase', theirs).catch(() => null);
    expect((await world.git.sight(spec)).inProgress).toBe('rebase');
    expect(await verify()).toEqual([
      { kind: 'detached', detail: 'a rebase was left half done', restored: true },
    ]);
    expect(await world.git.sight(spec)).toMatchObject({ branch: spec.branch, head: mine, inProgress: null });
  });

  test("leaves another task's branch alone after its rebase was ended, or its HEAD put back", async () => {
    const theirs = await world.commitAsHuman(branch('theirs'), world.base, { 'a.txt': 'theirs\n' });
    const other = world.spec('two');
    await world.git.provision(other);
    const early = await world.git.takeSnapshot(other);
    snapshot = await world.git.takeSnapshot(spec);
    await world.write(other, 'a.txt', 'two\n');
    const two = await world.commit(other, 'two');
    await git(other.path, 'rebase', theirs).catch(() => null);
    expect(await world.git.verifySnapshot(other, early)).toMatchObject([{ kind: 'detached' }]);
    expect(await verify()).toEqual([]);
    await git(other.path, 'checkout', '-q', '--force', two);
    await git(other.path, 'checkout', '-q', '--detach', world.base);
    expect(await world.git.verifySnapshot(other, early)).toMatchObject([{ kind: 'detached' }]);
    expect(await verify()).toEqual([]);
    expect(await world.git.branchTip(other.branch)).toBe(two);
  });

  test('restores HEAD of the checkout when it is destroyed', async () => {
    await writeFile(common('HEAD'), 'nonsense\n');
    expect(await verify()).toMatchObject([{ kind: 'repository-damaged', restored: true }]);
    expect(await git(world.root, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
  });

  test('refuses to take in a branch that is a symbolic ref', async () => {
    const other = await world.commitAsHuman(branch('other'), world.base, { 'o.txt': 'o\n' });
    snapshot = await world.git.takeSnapshot(spec);
    await git(world.root, 'symbolic-ref', `refs/heads/${spec.branch}`, 'refs/heads/other');
    const outcome = await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
    expect(outcome).toMatchObject({ kind: 'rejected' });
    expect(await verify()).toMatchObject([{ kind: 'ref-moved', restored: true }]);
    expect(await world.git.branchTip(spec.branch)).toBe(world.base);
    expect(await world.git.branchTip(branch('other'))).toBe(other);
  });

  test('keeps commits that were recorded before an amend and a hard gc', async () => {
    await world.write(spec, 'a.txt', 'mine\n');
    const mine = await world.commit(spec, 'mine');
    snapshot = await world.git.takeSnapshot(spec);
    await git(spec.path, 'commit', '-q', '--amend', '-m', 'amended');
    expect(await verify()).toEqual([]);
    await git(world.root, 'reflog', 'expire', '--expire=now', '--all');
    await git(world.root, 'gc', '-q', '--prune=now');
    expect(await world.git.treeOf(mine)).toMatch(/^[0-9a-f]{40}$/);
    expect((await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x')).isDirty).toBe(false);
    await mkdir(join(spec.path, 'empty'));
    expect((await world.git.capture(spec, 'refs/copse/salvage/one/2', 'x')).isDirty).toBe(false);
  });
});
