/** Behaviour every git port has, the fake included. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommitId, RepoPath } from '../../../src/core/ids.ts';
import type { MergeRequest, ProvisionOutcome } from '../../../src/ports/git.ts';
import { branch, lines, type MakeWorld, type World } from './world.ts';

export function describeGitPort(name: string, makeWorld: MakeWorld): void {
  describe(`git port: ${name}`, () => {
    let world: World;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.dispose());

    const started = async (task: string, changes: Readonly<Record<string, string | null>> = {}) => {
      const spec = world.spec(task);
      expect((await world.git.provision(spec)).kind).toBe('ready');
      for (const [path, content] of Object.entries(changes)) await world.write(spec, path, content);
      return spec;
    };

    const taken = async (task: string, changes: Readonly<Record<string, string | null>>) => {
      const spec = await started(task, changes);
      const head = await world.commit(spec, `work of ${task}`);
      const outcome = await world.git.takeIn(
        { branch: spec.branch, workspace: spec },
        `refs/copse/heads/${task}`,
      );
      expect(outcome).toEqual({ kind: 'taken', head, commits: 1 });
      return { spec, head };
    };

    test('tells the facts of the repository', async () => {
      expect(await world.git.facts()).toMatchObject({
        currentBranch: 'main',
        head: world.base,
        isDirty: false,
        defaultBranch: 'main',
        fileCount: 3,
      });
    });

    test('resolves names that exist and gives null for the rest', async () => {
      expect(await world.git.resolve('HEAD')).toBe(world.base);
      expect(await world.git.resolve('main')).toBe(world.base);
      expect(await world.git.resolve(world.base)).toBe(world.base);
      for (const odd of ['nope', '', '-x', '--all', 'main\nHEAD', 'main nope']) {
        expect(await world.git.resolve(odd), JSON.stringify(odd)).toBeNull();
      }
      expect(await world.git.branchTip(branch('main'))).toBe(world.base);
      expect(await world.git.branchTip(branch('nope'))).toBeNull();
    });

    test('reads files and lists them', async () => {
      expect(await world.git.readFile(world.base, 'dir/c.txt' as RepoPath)).toBe(lines());
      expect(await world.git.readFile(world.base, 'nope' as RepoPath)).toBeNull();
      expect(await world.git.listFiles(world.base, 100)).toEqual(['a.txt', 'b.txt', 'dir/c.txt']);
      expect(await world.git.listFiles(world.base, 2)).toEqual(['a.txt', 'b.txt']);
    });

    test('compares histories', async () => {
      const left = await world.commitAsHuman(branch('left'), world.base, { 'l.txt': '1\n' });
      const right = await world.commitAsHuman(branch('right'), world.base, { 'r.txt': '1\n' });
      expect(await world.git.isAncestor(world.base, left)).toBe(true);
      expect(await world.git.isAncestor(left, world.base)).toBe(false);
      expect(await world.git.isAncestor(left, right)).toBe(false);
      expect(await world.git.mergeBase(left, right)).toBe(world.base);
      expect(await world.git.commitsBetween(right, left, 5)).toEqual([left]);
      expect(await world.git.commitsBetween(left, world.base, 5)).toEqual([]);
      expect(await world.git.commitsBetween(right, left, 0)).toEqual([]);
    });

    test('provisions a workspace with the base checked out, once', async () => {
      const spec = world.spec('one');
      const first = await world.git.provision(spec);
      expect(first).toMatchObject({ kind: 'ready', head: world.base });
      expect(await world.read(spec, 'dir/c.txt')).toBe(lines());
      expect(await world.git.provision(spec)).toEqual({
        kind: 'ready',
        head: world.base,
        technique: 'existing',
      });
      expect(await world.git.sight(spec)).toEqual({
        exists: true,
        branch: spec.branch,
        head: world.base,
        branchTip: world.base,
        inProgress: null,
      });
    });

    test('leaves a branch that is not its own alone', async () => {
      const spec = world.spec('one');
      const theirs = await world.commitAsHuman(spec.branch, world.base, { 'x.txt': 'x\n' });
      expect(await world.git.provision(spec)).toMatchObject({ kind: 'occupied', what: 'branch' });
      expect(await world.git.branchTip(spec.branch)).toBe(theirs);
    });

    test('leaves a folder that is not its own alone', async () => {
      const spec = world.spec('one');
      await world.writeIn(spec.path, 'precious.txt', 'mine\n');
      expect(await world.git.provision(spec)).toMatchObject({ kind: 'occupied', what: 'path' });
      expect(await world.readIn(spec.path, 'precious.txt')).toBe('mine\n');
      expect(await world.git.branchTip(spec.branch)).toBeNull();
    });

    test('provisions fifty workspaces at once', async () => {
      const specs = Array.from({ length: 50 }, (_, at) => world.spec(`task-${at}`));
      const outcomes = await Promise.all(specs.map((spec) => world.git.provision(spec)));
      expect(outcomes.filter((outcome: ProvisionOutcome) => outcome.kind !== 'ready')).toEqual([]);
      for (const spec of specs) expect(await world.read(spec, 'a.txt')).toBe(lines());
    });

    test('captures nothing from a clean workspace', async () => {
      const spec = await started('one');
      const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'salvage');
      expect(captured).toMatchObject({ commit: world.base, isDirty: false, dirtyPaths: [] });
      expect(await world.git.commitOnBehalf(spec, captured)).toBe(world.base);
    });

    test('captures changed, new and deleted files, and commits them on request', async () => {
      const spec = await started('one', { 'a.txt': 'changed\n', 'new/file.txt': 'new\n', 'b.txt': null });
      const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'salvage');
      expect(captured.isDirty).toBe(true);
      expect([...captured.dirtyPaths].toSorted()).toEqual(['a.txt', 'b.txt', 'new/file.txt']);
      expect(await world.git.readFile(captured.commit, 'a.txt' as RepoPath)).toBe('changed\n');
      expect(await world.git.readFile(captured.commit, 'b.txt' as RepoPath)).toBeNull();
      expect(await world.git.treeOf(captured.commit)).toBe(captured.tree);
      expect(await world.git.branchTip(spec.branch)).toBe(world.base);
      expect(await world.git.capture(spec, 'refs/copse/salvage/one/1', 'salvage')).toEqual(captured);
      expect(await world.git.commitOnBehalf(spec, captured)).toBe(captured.commit);
      expect(await world.git.commitOnBehalf(spec, captured)).toBe(captured.commit);
      expect(await world.git.branchTip(spec.branch)).toBe(captured.commit);
      expect((await world.git.capture(spec, 'refs/copse/salvage/one/2', 'salvage')).isDirty).toBe(false);
    });

    test('does not commit on behalf of a branch that moved on', async () => {
      const spec = await started('one', { 'a.txt': 'changed\n' });
      const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'salvage');
      await world.write(spec, 'a.txt', 'again\n');
      await world.commit(spec, 'later');
      await expect(world.git.commitOnBehalf(spec, captured)).rejects.toMatchObject({
        code: 'git-stale-capture',
      });
    });

    test('takes a branch in and keeps it', async () => {
      const { head } = await taken('one', { 'a.txt': 'changed\n' });
      expect(await world.git.listKept('refs/copse/heads/')).toEqual([
        { ref: 'refs/copse/heads/one', commit: head },
      ]);
      await world.git.dropKept('refs/copse/heads/one');
      expect(await world.git.listKept('refs/copse/heads/')).toEqual([]);
    });

    test('takes in a branch without a workspace', async () => {
      const head = await world.commitAsHuman(branch('feature'), world.base, { 'f.txt': 'f\n' });
      const outcome = await world.git.takeIn(
        { branch: branch('feature'), workspace: null },
        'refs/copse/heads/f',
      );
      expect(outcome).toEqual({ kind: 'taken', head, commits: 1 });
      const absent = await world.git.takeIn(
        { branch: branch('nope'), workspace: null },
        'refs/copse/heads/n',
      );
      expect(absent.kind).toBe('rejected');
    });

    test('tells what a branch changes', async () => {
      const { head } = await taken('one', {
        'a.txt': lines({ 1: 'changed' }),
        'b.txt': null,
        'new.txt': '<<<<<<< ours\n1\n=======\n2\n>>>>>>> theirs\n',
        'A.TXT': 'case\n',
      });
      const facts = await world.git.intakeFacts(world.base, head);
      expect(facts.changed.map(({ path, status }) => [path, status])).toEqual([
        ['A.TXT', 'added'],
        ['a.txt', 'modified'],
        ['b.txt', 'deleted'],
        ['new.txt', 'added'],
      ]);
      expect(facts.changed[0]?.sizeBytes).toBe(5);
      expect(facts.changed[2]?.sizeBytes).toBeNull();
      expect(facts.conflictMarkers).toEqual(['new.txt']);
      expect([...facts.unsafeNames].toSorted()).toEqual(['A.TXT', 'a.txt']);
      expect(facts.mergeCommits).toEqual([]);
      expect(await world.git.lineCounts(world.base, head)).toEqual({ insertions: 7, deletions: 11 });
    });

    test('merges branches that touch different files', async () => {
      const one = await taken('one', { 'a.txt': lines({ 1: 'one' }) });
      const two = await taken('two', { 'b.txt': lines({ 1: 'two' }) });
      const first = await world.git.merge(request(world.base, one.head));
      if (first.kind !== 'merged') throw new Error(first.kind);
      const second = await world.git.merge(request(first.commit, two.head));
      if (second.kind !== 'merged') throw new Error(second.kind);
      expect(await world.git.readFile(second.commit, 'a.txt' as RepoPath)).toBe(lines({ 1: 'one' }));
      expect(await world.git.readFile(second.commit, 'b.txt' as RepoPath)).toBe(lines({ 1: 'two' }));
      expect(await world.git.treeOf(second.commit)).toBe(second.tree);
      expect(await world.git.isAncestor(two.head, second.commit)).toBe(true);
      expect(await world.git.merge(request(first.commit, two.head))).toEqual(second);
      expect(await world.git.merge(request(second.commit, one.head))).toEqual({ kind: 'contained' });
    });

    test.each(['merge', 'squash', 'rebase'] as const)(
      'reports the files of a conflict under %s',
      async (strategy) => {
        const one = await taken('one', { 'a.txt': lines({ 1: 'one' }) });
        const two = await taken('two', { 'a.txt': lines({ 1: 'two' }) });
        const first = await world.git.merge(request(world.base, one.head, { strategy }));
        if (first.kind !== 'merged') throw new Error(first.kind);
        const second = await world.git.merge(request(first.commit, two.head, { strategy }));
        expect(second).toEqual({ kind: 'conflicted', files: ['a.txt'] });
      },
    );

    test.each(['squash', 'rebase'] as const)(
      'gives the same tree under %s without the branch as a parent',
      async (strategy) => {
        const spec = await started('one', { 'a.txt': lines({ 1: 'one' }) });
        await world.commit(spec, 'first step');
        await world.write(spec, 'n.txt', 'n\n');
        const head = await world.commit(spec, 'second step');
        await world.git.takeIn({ branch: spec.branch, workspace: spec }, 'refs/copse/heads/one');
        const onto = await world.commitAsHuman(branch('ahead'), world.base, { 'b.txt': 'human\n' });
        const merged = await world.git.merge(request(onto, head));
        const outcome = await world.git.merge(request(onto, head, { strategy }));
        if (outcome.kind !== 'merged' || merged.kind !== 'merged') throw new Error(outcome.kind);
        expect(outcome.tree).toBe(merged.tree);
        expect(await world.git.isAncestor(head, outcome.commit)).toBe(false);
        expect(await world.git.isAncestor(onto, outcome.commit)).toBe(true);
        expect(await world.git.merge(request(onto, head, { strategy }))).toEqual(outcome);
      },
    );

    test('publishes by compare-and-set', async () => {
      const { head } = await taken('one', { 'a.txt': 'one\n' });
      await world.moveRefAsHuman('refs/heads/target', world.base);
      const landing = { branch: branch('target'), from: world.base, to: head };
      expect(await world.git.publish(landing)).toEqual({ kind: 'published', checkout: 'none' });
      expect(await world.git.publish(landing)).toEqual({ kind: 'published', checkout: 'none' });
      expect(await world.git.branchTip(branch('target'))).toBe(head);
      const human = await world.commitAsHuman(branch('target'), head, { 'h.txt': 'h\n' });
      expect(await world.git.publish({ branch: branch('target'), from: world.base, to: head })).toEqual({
        kind: 'moved',
        actual: human,
      });
    });

    test('publishes nothing to a branch that is gone', async () => {
      const outcome = await world.git.publish({ branch: branch('gone'), from: world.base, to: world.base });
      expect(outcome).toEqual({ kind: 'moved', actual: null });
    });

    test('moves refs all or none', async () => {
      const next = await world.commitAsHuman(branch('next'), world.base, { 'n.txt': 'n\n' });
      await world.moveRefAsHuman('refs/heads/one', world.base);
      const wrong = [
        { ref: 'refs/heads/one', from: world.base, to: next },
        { ref: 'refs/heads/two', from: next, to: world.base },
      ];
      expect(await world.git.moveRefs(wrong, 'test')).toEqual({ kind: 'refused', ref: 'refs/heads/two' });
      expect(await world.git.branchTip(branch('one'))).toBe(world.base);
      const right = [
        { ref: 'refs/heads/one', from: world.base, to: next },
        { ref: 'refs/tags/done', from: null, to: next },
        { ref: 'refs/heads/next', from: next, to: null },
      ];
      expect(await world.git.moveRefs(right, 'test')).toEqual({ kind: 'moved' });
      expect(await world.git.moveRefs(right, 'test')).toEqual({ kind: 'moved' });
      expect(await world.git.branchTip(branch('one'))).toBe(next);
      expect(await world.git.branchTip(branch('next'))).toBeNull();
    });

    test('checks a commit out in a slot, again and again', async () => {
      const one = await taken('one', { 'a.txt': 'one\n', 'only-one.txt': '1\n' });
      const two = await taken('two', { 'b.txt': 'two\n' });
      const target = { branch: branch('main'), tip: world.base };
      const slot = await world.git.checkoutSlot('s1', one.head, target);
      expect(await world.readIn(slot, 'only-one.txt')).toBe('1\n');
      expect(await world.git.slotChanges('s1', one.head)).toEqual([]);
      await world.writeIn(slot, 'a.txt', 'the gate was here\n');
      await world.writeIn(slot, 'left-over.txt', 'x\n');
      expect(await world.git.slotChanges('s1', one.head)).toEqual(['a.txt']);
      expect(await world.git.slotWrites('s1', one.head)).toEqual(['a.txt', 'left-over.txt']);
      expect(await world.git.checkoutSlot('s1', two.head, target)).toBe(slot);
      expect(await world.readIn(slot, 'a.txt')).toBe(lines());
      expect(await world.readIn(slot, 'b.txt')).toBe('two\n');
      expect(await world.readIn(slot, 'only-one.txt')).toBeNull();
      expect(await world.readIn(slot, 'left-over.txt')).toBeNull();
      expect(await world.git.slotChanges('s1', two.head)).toEqual([]);
    });

    test('cleans a slot that a gate left otherwise than it got it, in whatever way', async () => {
      const one = await taken('one', { 'only-one.txt': '1\n' });
      const target = { branch: branch('main'), tip: world.base };
      const slot = await world.git.checkoutSlot('s1', one.head, target);
      const isChanged: (readonly [string, readonly string[]])[] = [
        ['a.txt', ['a.txt']],
        ['left-over.txt', []],
        ['folder/left-over.txt', []],
      ];
      for (const [path, changes] of isChanged) {
        expect(await world.git.slotChanges('s1', one.head)).toEqual([]);
        await world.writeIn(slot, path, 'the gate was here\n');
        expect(await world.git.slotChanges('s1', one.head)).toEqual(changes);
        await world.git.checkoutSlot('s1', world.base, target);
        expect(await world.readIn(slot, path)).toBe(path === 'a.txt' ? lines() : null);
        expect(await world.readIn(slot, 'only-one.txt')).toBeNull();
        await world.git.checkoutSlot('s1', one.head, target);
        expect(await world.readIn(slot, 'only-one.txt')).toBe('1\n');
      }
    });

    test('brings the moved target into a workspace', async () => {
      const spec = await started('one', { 'a.txt': lines({ 1: 'one' }) });
      await world.commit(spec, 'work');
      const onto = await world.commitAsHuman(branch('ahead'), world.base, { 'b.txt': 'human\n' });
      const outcome = await world.git.updateWorkspace(spec, onto, 'update');
      if (outcome.kind !== 'merged') throw new Error(outcome.kind);
      expect(await world.git.branchTip(spec.branch)).toBe(outcome.commit);
      expect(await world.read(spec, 'b.txt')).toBe('human\n');
      expect((await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x')).isDirty).toBe(false);
      expect(await world.git.updateWorkspace(spec, onto, 'update')).toEqual({ kind: 'contained' });
    });

    test('leaves a workspace as it was when the target conflicts with it', async () => {
      const spec = await started('one', { 'a.txt': lines({ 1: 'one' }) });
      const head = await world.commit(spec, 'work');
      const onto = await world.commitAsHuman(branch('ahead'), world.base, { 'a.txt': lines({ 1: 'human' }) });
      expect(await world.git.updateWorkspace(spec, onto, 'update')).toEqual({
        kind: 'conflicted',
        files: ['a.txt'],
      });
      expect(await world.git.branchTip(spec.branch)).toBe(head);
      expect(await world.read(spec, 'a.txt')).toBe(lines({ 1: 'one' }));
    });

    test('refuses to update over uncommitted work', async () => {
      const spec = await started('one', { 'b.txt': 'not committed\n' });
      const onto = await world.commitAsHuman(branch('ahead'), world.base, { 'a.txt': 'human\n' });
      await expect(world.git.updateWorkspace(spec, onto, 'u')).rejects.toMatchObject({
        code: 'git-workspace-dirty',
      });
      expect(await world.read(spec, 'b.txt')).toBe('not committed\n');
    });

    test('removes a workspace only when its content is elsewhere', async () => {
      const spec = await started('one', { 'a.txt': 'changed\n', 'new.txt': 'n\n' });
      const refused = await world.git.removeWorkspace(spec, null);
      expect(refused).toEqual({ kind: 'refused', unsaved: ['a.txt', 'new.txt'] });
      expect(await world.git.removeWorkspace(spec, world.base)).toEqual(refused);
      const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'salvage');
      expect(await world.git.removeWorkspace(spec, captured.commit)).toEqual({ kind: 'removed' });
      expect(await world.git.removeWorkspace(spec, captured.commit)).toEqual({ kind: 'absent' });
      expect((await world.git.sight(spec)).exists).toBe(false);
      expect(await world.git.branchTip(spec.branch)).toBe(world.base);
    });

    test('makes a removed workspace again at its branch', async () => {
      const spec = await started('one', { 'a.txt': 'changed\n' });
      const head = await world.commit(spec, 'work');
      expect(await world.git.removeWorkspace(spec, null)).toEqual({ kind: 'removed' });
      expect(await world.git.provision(spec)).toMatchObject({ kind: 'ready', head });
      expect(await world.read(spec, 'a.txt')).toBe('changed\n');
    });

    test('deletes a branch only where it was expected', async () => {
      const spec = await started('one', { 'a.txt': 'changed\n' });
      const head = await world.commit(spec, 'work');
      await world.git.removeWorkspace(spec, null);
      expect(await world.git.deleteBranch(spec.branch, world.base)).toBe('moved');
      expect(await world.git.deleteBranch(spec.branch, head)).toBe('deleted');
      expect(await world.git.deleteBranch(spec.branch, head)).toBe('absent');
    });

    test('finds nothing to complain about after honest work', async () => {
      const spec = await started('one');
      const other = await started('two');
      const snapshot = await world.git.takeSnapshot(spec);
      await world.write(spec, 'a.txt', 'one\n');
      await world.commit(spec, 'one');
      await world.write(other, 'b.txt', 'two\n');
      await world.commit(other, 'two');
      const published = await world.git.takeIn(
        { branch: other.branch, workspace: other },
        'refs/copse/heads/two',
      );
      if (published.kind !== 'taken') throw new Error(published.kind);
      await world.git.moveRefs([{ ref: 'refs/heads/side', from: null, to: published.head }], 'test');
      expect(await world.git.verifySnapshot(spec, snapshot)).toEqual([]);
    });

    test('restores a branch of the user that was deleted or rewound, and reports one that went on', async () => {
      const second = await world.commitAsHuman(branch('kept'), world.base, { 'k.txt': 'k\n' });
      const rewound = await world.commitAsHuman(branch('rewound'), world.base, { 'r.txt': 'r\n' });
      await world.moveRefAsHuman('refs/heads/ahead', world.base);
      const spec = await started('one');
      const snapshot = await world.git.takeSnapshot(spec);
      await world.moveRefAsHuman('refs/heads/kept', null);
      await world.moveRefAsHuman('refs/heads/rewound', world.base);
      const next = await world.commitAsHuman(branch('ahead'), world.base, { 'n.txt': 'n\n' });
      const violations = await world.git.verifySnapshot(spec, snapshot);
      expect(violations).toEqual([
        {
          kind: 'ref-moved',
          ref: 'refs/heads/ahead',
          from: world.base,
          to: next,
          restored: false,
          tolerated: true,
        },
        {
          kind: 'ref-deleted',
          ref: 'refs/heads/kept',
          from: second,
          to: null,
          restored: true,
          tolerated: false,
        },
        {
          kind: 'ref-moved',
          ref: 'refs/heads/rewound',
          from: rewound,
          to: world.base,
          restored: true,
          tolerated: false,
        },
      ]);
      expect(await world.git.branchTip(branch('kept'))).toBe(second);
      expect(await world.git.branchTip(branch('rewound'))).toBe(rewound);
      expect(await world.git.branchTip(branch('ahead'))).toBe(next);
    });

    test('puts back a branch that went on to what a task made, and tells such commits from others', async () => {
      await world.moveRefAsHuman('refs/heads/ahead', world.base);
      const spec = await started('one');
      const snapshot = await world.git.takeSnapshot(spec);
      await world.write(spec, 'a.txt', 'one\n');
      const made = await world.commit(spec, 'one');
      await world.moveRefAsHuman('refs/heads/ahead', made);
      expect(await world.git.wasMadeInWorkspace(made)).toBe(true);
      expect(await world.git.wasMadeInWorkspace(world.base)).toBe(false);
      const violations = await world.git.verifySnapshot(spec, snapshot);
      expect(violations).toEqual([
        {
          kind: 'ref-moved',
          ref: 'refs/heads/ahead',
          from: world.base,
          to: made,
          restored: true,
          tolerated: false,
        },
      ]);
      expect(await world.git.branchTip(branch('ahead'))).toBe(world.base);
      expect(await world.git.branchTip(spec.branch)).toBe(made);
    });

    test('shows a diff up to a limit', async () => {
      const { head } = await taken('one', { 'a.txt': lines({ 1: 'changed' }) });
      const text = await world.git.diff(world.base, head, 100_000);
      expect(text).toContain('+changed');
      expect(text).toContain('-line 1');
      expect((await world.git.diff(world.base, head, 40)).length).toBeLessThanOrEqual(40);
    });
  });
}

function request(onto: CommitId, head: CommitId, more: Partial<MergeRequest> = {}): MergeRequest {
  return { onto, head, strategy: 'merge', message: 'land it', dateMs: 1_700_000_000_000, ...more };
}
