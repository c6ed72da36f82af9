/** Kinds of repositories people have. */
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openGit } from '../../../src/adapters/git/index.ts';
import type { AbsolutePath, RepoPath } from '../../../src/core/ids.ts';
import {
  git,
  makeRepository,
  realWorld,
  temporaryFolder,
  writeFiles,
  type RealOptions,
  type RealWorld,
} from './real-world.ts';
import { branch } from './world.ts';

let world: RealWorld | null = null;
afterEach(async () => {
  await world?.dispose();
  world = null;
});

/** One task from worktree to landed. */
async function landOne(at: RealWorld): Promise<void> {
  const base = (await at.git.facts()).head;
  if (base === null) throw new Error('no commit');
  const spec = at.spec('one', { base });
  expect(await at.git.provision(spec)).toMatchObject({ kind: 'ready', head: base });
  await at.git.takeSnapshot(spec);
  await at.write(spec, 'new.txt', 'new\n');
  const head = await at.commit(spec, 'work');
  expect(await at.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one')).toMatchObject(
    {
      kind: 'taken',
      head,
    },
  );
  const merged = await at.git.merge({
    onto: base,
    head,
    strategy: 'merge',
    message: 'm',
    dateMs: 1_700_000_000_000,
  });
  if (merged.kind !== 'merged') throw new Error(merged.kind);
  await git(at.root, 'branch', 'target', base);
  const slot = await at.git.checkoutSlot('s', merged.commit, { branch: branch('target'), tip: base });
  expect(await git(slot, 'write-tree')).toBe(merged.tree);
  expect(await git(slot, 'rev-parse', 'target')).toBe(base);
  expect(await git(slot, 'status', '--porcelain')).toBe('');
  expect(await at.git.publish({ branch: branch('target'), from: base, to: merged.commit })).toMatchObject({
    kind: 'published',
  });
  expect(await git(at.root, 'show', 'target:new.txt')).toBe('new');
  await git(at.root, 'fsck', '--connectivity-only');
}

const kinds: readonly (readonly [string, RealOptions])[] = [
  ['with packed refs and packs', { prepare: async (root) => void (await git(root, 'gc', '-q')) }],
  ['with sha256 ids', { initArgs: ['--object-format=sha256'] }],
  ['with a detached HEAD', { prepare: async (root) => void (await git(root, 'checkout', '-q', '--detach')) }],
  [
    'that is shallow',
    {
      prepare: async (root, folder) => {
        await git(root, 'commit', '-q', '--allow-empty', '-m', 'second');
        const clone = join(folder, 'shallow');
        await git(folder, 'clone', '-q', '--depth', '1', `file://${root}`, clone);
        return clone;
      },
    },
  ],
  [
    'that is itself a linked worktree',
    {
      prepare: async (root, folder) => {
        await git(root, 'worktree', 'add', '-q', '-b', 'side', join(folder, 'side'));
        return join(folder, 'side');
      },
    },
  ],
  [
    'that borrows its objects',
    {
      prepare: async (root, folder) => {
        await git(folder, 'clone', '-q', '--shared', root, join(folder, 'borrower'));
        return join(folder, 'borrower');
      },
    },
  ],
  [
    'with a submodule',
    {
      prepare: async (root, folder) => {
        await makeRepository(join(folder, 'inner'));
        await git(
          root,
          '-c',
          'protocol.file.allow=always',
          'submodule',
          'add',
          '-q',
          join(folder, 'inner'),
          'sub',
        );
        await git(root, 'commit', '-q', '-m', 'submodule');
      },
    },
  ],
  [
    'opened from a folder inside it and through a symbolic link',
    {
      prepare: async (root, folder) => {
        await symlink(root, join(folder, 'link'));
        return join(folder, 'link', 'dir');
      },
    },
  ],
  [
    'with a space and quotes in its path',
    { prepare: async (root, folder) => moved(root, join(folder, `it's "a" \\ repo`)) },
  ],
];

async function moved(root: string, to: string): Promise<string> {
  const { rename } = await import('node:fs/promises');
  await rename(root, to);
  return to;
}

describe('a repository', () => {
  test.each(kinds)('%s lands a task', async (_name, options) => {
    world = await realWorld(options);
    const at = world;
    if ((await at.git.facts()).root !== at.root) expect(at.root).toMatch(/link/);
    await landOne(at);
  });

  test('keeps everything in control when the user destroys .git', async () => {
    world = await realWorld();
    const spec = world.spec('one');
    await world.git.provision(spec);
    await world.git.takeSnapshot(spec);
    await world.write(spec, 'a.txt', 'work\n');
    const head = await world.commit(spec, 'work');
    await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
    const snapshot = await world.git.takeSnapshot(spec);
    await rm(join(world.root, '.git'), { recursive: true });
    const [violation] = await world.git.verifySnapshot(spec, snapshot);
    expect(violation).toMatchObject({ kind: 'repository-damaged', restored: false });
    const control = join(world.state, 'control.git');
    expect(await git(world.root, `--git-dir=${control}`, 'show', `${head}:a.txt`)).toBe('work');
    // The command the report names is followed to the letter.
    const command =
      /run: (.*)$/.exec(violation?.kind === 'repository-damaged' ? violation.detail : '')?.[1] ?? '';
    expect(command).not.toBe('');
    const { execFileSync } = await import('node:child_process');
    const { TEST_ENV } = await import('./real-world.ts');
    execFileSync('sh', ['-c', command], { cwd: world.folder, env: { ...TEST_ENV }, stdio: 'ignore' });
    expect(await git(world.root, 'rev-parse', 'refs/heads/main')).toBe(world.base);
    expect(await git(world.root, 'rev-parse', 'refs/heads/copse/one')).toBe(head);
    await git(world.root, 'fsck', '--full');
  });

  test('is refused with a clear reason when it cannot be worked on', async () => {
    const folder = await temporaryFolder();
    try {
      const open = (path: string) =>
        openGit({
          userRepository: join(folder, path) as AbsolutePath,
          stateDir: join(folder, 'state', path) as AbsolutePath,
          failpoint: async () => undefined,
        });
      await makeRepository(join(folder, 'good'));
      await git(folder, 'clone', '-q', '--bare', 'good', 'bare.git');
      await git(folder, 'init', '-q', 'unborn');
      await writeFiles(folder, { 'plain/file.txt': 'x\n' });
      await git(
        folder,
        '-c',
        'uploadpack.allowFilter=true',
        'clone',
        '-q',
        '--filter=blob:none',
        `file://${folder}/good`,
        'partial',
      );
      await git(join(folder, 'partial'), 'config', 'remote.origin.promisor', 'true');
      await expect(open('bare.git')).rejects.toMatchObject({ code: 'git-bare' });
      await expect(open('unborn')).rejects.toMatchObject({ code: 'git-no-commits' });
      await expect(open('plain')).rejects.toMatchObject({ code: 'git-not-a-repository' });
      await expect(open('partial')).rejects.toMatchObject({ code: 'git-partial-clone' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('brings in commits that are newer than the control repository', async () => {
    world = await realWorld();
    const next = await world.commitAsHuman(branch('later'), world.base, { 'later.txt': 'later\n' });
    expect(await world.git.resolve('later')).toBe(next);
    expect(await world.git.resolve('later~1')).toBe(world.base);
    expect(await world.git.readFile(next, 'later.txt' as RepoPath)).toBe('later\n');
    const merged = await world.git.merge({
      onto: next,
      head: await world.commitAsHuman(branch('other'), world.base, { 'o.txt': 'o\n' }),
      strategy: 'merge',
      message: 'm',
      dateMs: 0,
    });
    expect(merged.kind).toBe('merged');
    const reopened = await world.reopen();
    expect(await reopened.readFile(next, 'later.txt' as RepoPath)).toBe('later\n');
  });

  test('gives histories without a common ancestor a failure of their own', async () => {
    world = await realWorld();
    await git(world.root, 'checkout', '-q', '--orphan', 'other');
    await git(world.root, 'commit', '-q', '-m', 'orphan');
    const head = await world.git.resolve('other');
    if (head === null) throw new Error('no head');
    await expect(
      world.git.merge({ onto: world.base, head, strategy: 'merge', message: 'm', dateMs: 0 }),
    ).rejects.toMatchObject({ code: 'git-unrelated-histories' });
  });
});
