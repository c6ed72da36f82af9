/** Nothing an agent leaves behind runs inside our own git calls, and nothing it names confuses them. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BranchName, CommitId, RepoPath } from '../../../src/core/ids.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, gitWith, realWorld, writeFiles, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

let world: RealWorld;
let spec: WorkspaceSpec;
let mark: string;
let script: string;
let next: CommitId;
beforeEach(async () => {
  world = await realWorld();
  spec = world.spec('one');
  await world.git.provision(spec);
  next = await world.commitAsHuman(branch('side'), world.base, { 'b.txt': 'human\n' });
  mark = join(world.folder, 'ran');
  script = join(world.folder, 'evil.sh');
  await writeFile(script, `#!/bin/sh\necho ran >> '${mark}'\nexit 1\n`);
  await chmod(script, 0o755);
});
afterEach(() => world.dispose());

/** Every call that looks at or changes what the agent touched. */
async function useEverything(at: WorkspaceSpec): Promise<void> {
  await world.git.facts();
  await world.git.sight(at);
  const captured = await world.git.capture(at, `refs/copse/salvage/${at.task}/1`, 'salvage');
  const head = await world.git.commitOnBehalf(at, captured);
  await world.git.takeIn({ branch: at.branch, workspace: at }, `refs/copse/heads/${at.task}`);
  await world.git.intakeFacts(world.base, head);
  await world.git.diff(world.base, head, 10_000);
  await world.git.updateWorkspace(at, next, 'update');
  const merged = await world.git.merge({ onto: next, head, strategy: 'merge', message: 'm', dateMs: 0 });
  if (merged.kind !== 'merged') throw new Error(merged.kind);
  await world.git.checkoutSlot('s', merged.commit, { branch: branch('main'), tip: next });
  await world.git.slotChanges('s', merged.commit);
  await world.git.checkoutSlot('s', next, { branch: branch('main'), tip: next });
  const tip = await world.git.resolve('main');
  if (tip !== null) await world.git.publish({ branch: branch('main'), from: tip, to: merged.commit });
  await world.git.provision(world.spec(`${at.task}-again`));
  await world.git.removeWorkspace(at, null);
  await world.git.deleteBranch(at.branch, head);
}

/** Files that make git want to use filters, drivers and nested repositories. */
async function temptingFiles(at: WorkspaceSpec): Promise<void> {
  await writeFiles(at.path, {
    '.gitattributes': '* filter=evil diff=evil merge=evil\n',
    'a.txt': 'agent\n',
    'nested/file.txt': 'inside\n',
  });
  await git(at.path, 'init', '-q', 'nested');
  await git(join(at.path, 'nested'), 'config', 'core.fsmonitor', script);
}

const KEYS = [
  'core.fsmonitor',
  'core.sshCommand',
  'core.pager',
  'core.editor',
  'core.alternateRefsCommand',
  'filter.evil.clean',
  'filter.evil.smudge',
  'filter.evil.process',
  'diff.external',
  'diff.evil.command',
  'diff.evil.textconv',
  'merge.evil.driver',
  'gpg.program',
  'uploadpack.packObjectsHook',
  'credential.helper',
];
const HOOKS = [
  'post-index-change',
  'reference-transaction',
  'post-checkout',
  'pre-commit',
  'post-commit',
  'post-merge',
  'pre-auto-gc',
  'prepare-commit-msg',
];

describe('what an agent plants', () => {
  test.each(['shared configuration', 'worktree configuration', 'the repository under .git'])(
    'does not run: %s',
    async (where) => {
      await temptingFiles(spec);
      let target = join(world.root, '.git');
      if (where === 'worktree configuration') {
        await git(world.root, 'config', 'extensions.worktreeConfig', 'true');
        for (const key of KEYS) await git(spec.path, 'config', '--worktree', key, script);
      } else if (where === 'shared configuration') {
        for (const key of KEYS) await git(world.root, 'config', key, script);
        await git(world.root, 'config', 'commit.gpgSign', 'true');
      } else {
        await rm(join(spec.path, '.git'));
        await git(spec.path, 'init', '-q');
        target = join(spec.path, '.git');
        for (const key of KEYS) await git(spec.path, 'config', key, script);
      }
      await mkdir(join(target, 'hooks'), { recursive: true });
      await mkdir(join(target, 'info'), { recursive: true });
      for (const hook of HOOKS) {
        await writeFile(join(target, 'hooks', hook), await readFile(script), { mode: 0o755 });
      }
      await writeFile(join(target, 'info', 'attributes'), '* filter=evil diff=evil merge=evil\n');
      // The plant works: git used in the ordinary way runs it.
      await git(where === 'shared configuration' ? world.root : spec.path, 'status').catch(() => null);
      expect(existsSync(mark)).toBe(true);
      await rm(mark);
      await useEverything(spec);
      expect(existsSync(mark)).toBe(false);
    },
  );

  test('does not run: a repository that an agent of a private clone configured', async () => {
    const own = world.spec('two', { isolation: 'clone' });
    expect(await world.git.provision(own)).toMatchObject({ kind: 'ready' });
    await temptingFiles(own);
    for (const key of KEYS) await git(own.path, 'config', key, script);
    await writeFile(join(own.path, '.git', 'hooks-x'), '');
    await mkdir(join(own.path, '.git', 'hooks'), { recursive: true });
    for (const hook of HOOKS) {
      await writeFile(join(own.path, '.git', 'hooks', hook), await readFile(script), { mode: 0o755 });
    }
    await useEverything(own);
    expect(existsSync(mark)).toBe(false);
  });

  test('does not steer a slot: .git replaced, flags in the index, folders turned into links', async () => {
    const target = { branch: branch('main'), tip: world.base };
    const slot = await world.git.checkoutSlot('s', world.base, target);
    const outside = join(world.folder, 'outside');
    await writeFiles(outside, { 'c.txt': 'precious\n' });
    await git(slot, 'update-index', '--assume-unchanged', 'a.txt');
    await git(slot, 'config', 'core.fsmonitor', script);
    await writeFiles(slot, { 'a.txt': 'tampered\n', '.gitignore': 'kept/\n', 'kept/x': 'x\n' });
    await rm(join(slot, 'dir'), { recursive: true });
    await symlink(outside, join(slot, 'dir'));
    expect(await world.git.slotChanges('s', world.base)).toEqual(['a.txt', 'dir/c.txt']);
    await world.git.checkoutSlot('s', world.base, target);
    expect(existsSync(mark)).toBe(false);
    expect(await git(slot, 'status', '--porcelain', '--ignored')).toBe('');
    expect(await git(slot, 'write-tree')).toBe(await world.git.treeOf(world.base));
    expect(await readFile(join(outside, 'c.txt'), 'utf8')).toBe('precious\n');
    expect(await git(slot, 'config', '--get', 'core.fsmonitor').catch(() => 'unset')).toBe('unset');
    await rm(slot, { recursive: true });
    await symlink(outside, slot);
    await world.git.checkoutSlot('s', world.base, target);
    expect(await readFile(join(outside, 'c.txt'), 'utf8')).toBe('precious\n');
    expect(existsSync(join(outside, 'a.txt'))).toBe(false);
  });

  test('keeps ignored files of a slot', async () => {
    const ignoring = await world.commitAsHuman(branch('i'), world.base, { '.gitignore': 'deps/\n' });
    const target = { branch: branch('main'), tip: world.base };
    const slot = await world.git.checkoutSlot('s', ignoring, target);
    await writeFiles(slot, { 'deps/big.bin': 'big\n', 'junk.txt': 'x\n' });
    await world.git.checkoutSlot('s', ignoring, target);
    expect(await world.readIn(slot, 'deps/big.bin')).toBe('big\n');
    expect(await world.readIn(slot, 'junk.txt')).toBeNull();
  });

  test('is rejected when its objects would escape a checkout', async () => {
    const blob = await git(spec.path, 'hash-object', '-w', 'a.txt');
    const { execFileSync } = await import('node:child_process');
    const { TEST_ENV } = await import('./real-world.ts');
    const inner = execFileSync('git', ['mktree'], {
      cwd: spec.path,
      env: { ...TEST_ENV },
      input: `100644 blob ${blob}\tconfig\n`,
    })
      .toString()
      .trim();
    const tree = execFileSync('git', ['mktree'], {
      cwd: spec.path,
      env: { ...TEST_ENV },
      input: `040000 tree ${inner}\t.git\n`,
    })
      .toString()
      .trim();
    const commit = await git(spec.path, 'commit-tree', tree, '-p', world.base, '-m', 'evil');
    await git(spec.path, 'update-ref', `refs/heads/${spec.branch}`, commit);
    const outcome = await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
    expect(outcome).toMatchObject({ kind: 'rejected' });
    // Its files can be saved all the same.
    await world.write(spec, 'b.txt', 'work\n');
    const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x');
    expect(await world.git.readFile(captured.commit, 'b.txt' as RepoPath)).toBe('work\n');
  });

  test('is rejected when objects are missing', async () => {
    await world.write(spec, 'a.txt', 'mine\n');
    await world.commit(spec, 'mine');
    const blob = await git(spec.path, 'rev-parse', 'HEAD:a.txt');
    await rm(join(world.root, '.git', 'objects', blob.slice(0, 2), blob.slice(2)));
    const outcome = await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
    expect(outcome).toMatchObject({ kind: 'rejected' });
  });
});

describe('names', () => {
  test('of any bytes are captured, listed and told apart', async () => {
    const odd = [
      '-rf',
      'new\nline',
      'quo"te',
      "it's",
      'tab\there',
      'ünï',
      '$(touch x)',
      ' lead',
      'back\\slash',
      '*',
    ];
    for (const name of odd) await writeFile(join(spec.path, name), 'x\n');
    await writeFile(Buffer.concat([Buffer.from(`${spec.path}/`), Buffer.from([0x66, 0xff])]), 'x\n');
    await symlink('/etc/passwd', join(spec.path, 'absolute'));
    await symlink('../../outside', join(spec.path, 'dir', 'leaving'));
    await symlink('../a.txt', join(spec.path, 'dir', 'staying'));
    const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x');
    expect(captured.dirtyPaths).toHaveLength(odd.length + 4);
    const facts = await world.git.intakeFacts(world.base, captured.commit);
    expect(new Set(facts.changed.map((change) => change.path))).toEqual(
      new Set([...odd, 'f\\xff', 'absolute', 'dir/leaving', 'dir/staying']),
    );
    expect([...facts.escapingSymlinks].toSorted()).toEqual(['absolute', 'dir/leaving']);
    expect([...facts.unsafeNames].toSorted()).toEqual(['back\\slash', 'f\\xff', 'new\nline', 'tab\there']);
    expect(await world.git.commitOnBehalf(spec, captured)).toBe(captured.commit);
    expect(await git(spec.path, 'status', '--porcelain')).toBe('');
  });

  test('of gitlinks are seen as such', async () => {
    await git(spec.path, 'update-index', '--add', '--cacheinfo', `160000,${world.base},module`);
    await git(spec.path, 'commit', '-q', '-m', 'gitlink');
    const head = await git(spec.path, 'rev-parse', 'HEAD');
    await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
    const { changed } = await world.git.intakeFacts(world.base, head as CommitId);
    expect(changed).toEqual([
      { path: 'module', status: 'added', oldMode: '000000', newMode: '160000', sizeBytes: null },
    ]);
  });

  test('of branches are refused before git sees them', async () => {
    for (const name of ['-d', 'a..b', 'a b', 'x.lock', '/x', 'a\nb', 'a~1', '@{u}', '']) {
      const odd = { ...spec, branch: name as BranchName, path: join(world.folder, 'trees', 'odd') as never };
      await expect(world.git.provision(odd), JSON.stringify(name)).rejects.toMatchObject({
        code: 'git-bad-name',
      });
    }
    await expect(world.git.keep('refs/../x', world.base)).rejects.toMatchObject({ code: 'git-bad-name' });
    await expect(
      world.git.checkoutSlot('../x', world.base, { branch: branch('main'), tip: world.base }),
    ).rejects.toMatchObject({
      code: 'git-bad-name',
    });
  });

  test('of nested repositories do not hide their files from a capture', async () => {
    await writeFiles(spec.path, { 'empty-repo/x.txt': '1\n', 'full-repo/y.txt': '2\n' });
    await git(spec.path, 'init', '-q', 'empty-repo');
    await git(spec.path, 'init', '-q', 'full-repo');
    await git(join(spec.path, 'full-repo'), 'add', '-A');
    await git(join(spec.path, 'full-repo'), 'commit', '-q', '-m', 'inner');
    const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x');
    expect(captured.dirtyPaths).toEqual(['empty-repo/x.txt', 'full-repo/y.txt']);
    expect(await world.git.removeWorkspace(spec, captured.commit)).toEqual({ kind: 'removed' });
  });

  test('ignored by the user outside the tree stay out of captures', async () => {
    await writeFile(join(world.root, '.git', 'info', 'exclude'), '*.log\n');
    const reopened = await world.reopen();
    await writeFiles(spec.path, { 'x.log': '1\n', 'x.txt': '2\n' });
    expect((await reopened.capture(spec, 'refs/copse/salvage/one/1', 'x')).dirtyPaths).toEqual(['x.txt']);
    expect(await gitWith({}, spec.path, 'status', '--porcelain')).toBe('?? x.txt');
  });
});
