/** SIGKILL at random moments, in the middle of git processes too; the same call by a new process then ends in the same state. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGit, type RealGit } from '../../../src/adapters/git/index.ts';
import type { AbsolutePath, CommitId } from '../../../src/core/ids.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { perform, type Operation } from './kill-operations.ts';
import { importCommit } from './import-commit.ts';
import { KillRig, seeded, type Kill, type KillMode } from './kill-rig.ts';
import { git, gitWith, realWorld, writeFiles, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

const SEED = Number(process.env['COPSE_KILL_SEED'] ?? Date.now() % 1_000_000);
const KILLS_EACH = Number(process.env['COPSE_KILLS'] ?? 5);
const FILES = 200;
const MODES: readonly KillMode[] = ['all', 'all', 'all', 'program', 'program', 'git'];

let world: RealWorld;
let rig: KillRig;
const kills: Kill[] = [];

const manyFiles = (tag: string, count = FILES): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`src/${at % 20}/f${at}.txt`, `${tag} ${at}\n`.repeat(100)]),
  );

beforeAll(async () => {
  world = await realWorld({ files: manyFiles('first') });
  rig = await KillRig.start();
  await git(world.root, 'branch', 'target');
  // A background gc of git's own makes locks that are nobody's left-overs.
  await git(world.root, 'config', 'gc.auto', '0');
});
afterAll(async () => {
  await world.dispose();
  const inside = kills.filter((one) => one.isInside).length;
  const inGit = kills.filter((one) => one.gitProcesses > 0).length;
  process.stdout.write(
    `kills: ${kills.length}, ${inside} inside a call, ${inGit} inside git; seed ${SEED}\n`,
  );
});

interface Case {
  readonly name: Operation['name'] | 'publish elsewhere' | 'provision a clone';
  /** The state before the call, and the call. */
  readonly prepare: (at: number) => Promise<Operation>;
  /** The state after it. `port` has made the call again and got `outcome`. */
  readonly verify: (port: RealGit, operation: never, outcome: unknown) => Promise<void>;
}

const started = async (name: string, at: number, changes: Partial<WorkspaceSpec> = {}) => {
  const spec = world.spec(`${name.toLowerCase().replaceAll(' ', '-')}-${at}`, changes);
  expect((await world.git.provision(spec)).kind).toBe('ready');
  return spec;
};

const edited = async (name: string, at: number) => {
  const spec = await started(name, at);
  await writeFiles(spec.path, { ...manyFiles(`edit ${at}`, 100), 'new/untracked.txt': `${at}\n` });
  return spec;
};

const side = (at: number, parent: CommitId = world.base) =>
  importCommit(world.root, `side-${at}`, parent, {
    ...manyFiles(`side ${at}`),
    [`only-side-${at}.txt`]: 'side\n',
    'src/0/f0.txt': null,
  });

async function treeOfFolder(folder: string): Promise<string> {
  const index = join(world.folder, 'compare-index');
  await rm(index, { force: true });
  await gitWith({ GIT_INDEX_FILE: index }, folder, 'add', '-A');
  return gitWith({ GIT_INDEX_FILE: index }, folder, 'write-tree');
}

const isClean = async (folder: string) => expect(await git(folder, 'status', '--porcelain')).toBe('');
const inControl = (...args: readonly string[]) =>
  git(join(world.state, 'control.git'), '--git-dir=.', ...args);

const cases: readonly Case[] = [
  {
    name: 'provision',
    prepare: async (at) => ({ name: 'provision', spec: world.spec(`provision-${at}`) }),
    verify: async (_, { spec }: Extract<Operation, { name: 'provision' }>, outcome) => {
      expect(outcome).toMatchObject({ kind: 'ready', head: world.base });
      await isClean(spec.path);
    },
  },
  {
    name: 'provision a clone',
    prepare: async (at) => ({ name: 'provision', spec: world.spec(`clone-${at}`, { isolation: 'clone' }) }),
    verify: async (_, { spec }: Extract<Operation, { name: 'provision' }>, outcome) => {
      expect(outcome).toMatchObject({ kind: 'ready', head: world.base });
      await isClean(spec.path);
    },
  },
  {
    name: 'capture',
    prepare: async (at) => ({
      name: 'capture',
      spec: await edited('capture', at),
      ref: `refs/copse/salvage/c${at}`,
    }),
    verify: async (port, { spec, ref }: Extract<Operation, { name: 'capture' }>, outcome) => {
      expect(outcome).toMatchObject({ isDirty: true, tree: await treeOfFolder(spec.path) });
      expect(await port.listKept(ref)).toMatchObject([{ commit: (outcome as { commit: string }).commit }]);
    },
  },
  {
    name: 'commitOnBehalf',
    prepare: async (at) => {
      const spec = await edited('behalf', at);
      const captured = await world.git.capture(spec, `refs/copse/salvage/b${at}`, 'salvage');
      return { name: 'commitOnBehalf', spec, captured };
    },
    verify: async (port, { spec, captured }: Extract<Operation, { name: 'commitOnBehalf' }>, outcome) => {
      expect(outcome).toBe(captured.commit);
      expect(await port.branchTip(spec.branch)).toBe(captured.commit);
      await isClean(spec.path);
    },
  },
  {
    name: 'takeIn',
    prepare: async (at) => {
      const spec = await edited('take', at);
      await world.commit(spec, 'work');
      return { name: 'takeIn', spec, ref: `refs/copse/heads/t${at}` };
    },
    verify: async (_, { spec, ref }: Extract<Operation, { name: 'takeIn' }>, outcome) => {
      const head = await git(spec.path, 'rev-parse', 'HEAD');
      expect(outcome).toEqual({ kind: 'taken', head, commits: 1 });
      expect(await inControl('rev-parse', ref)).toBe(head);
    },
  },
  {
    name: 'merge',
    prepare: async (at) => {
      const onto = await side(at);
      const head = await world.commitAsHuman(branch(`mine-${at}`), world.base, { [`mine-${at}.txt`]: 'm\n' });
      return { name: 'merge', request: { onto, head, strategy: 'merge', message: 'm', dateMs: 1_000 } };
    },
    verify: async (_, { request }: Extract<Operation, { name: 'merge' }>, outcome) => {
      const { kind, commit } = outcome as { kind: string; commit: string };
      expect(kind).toBe('merged');
      expect(await inControl('rev-parse', `${commit}^1`, `${commit}^2`)).toBe(
        `${request.onto}\n${request.head}`,
      );
    },
  },
  {
    name: 'keep',
    prepare: async (at) => ({ name: 'keep', ref: `refs/copse/kept/${at}`, commit: await side(100 + at) }),
    verify: async (_, { ref, commit }: Extract<Operation, { name: 'keep' }>) => {
      expect(await inControl('rev-parse', ref)).toBe(commit);
    },
  },
  {
    name: 'checkoutSlot',
    prepare: async (at) => ({
      name: 'checkoutSlot',
      commit: await side(200 + at),
      target: { branch: branch('target'), tip: world.base },
    }),
    verify: async (port, { commit }: Extract<Operation, { name: 'checkoutSlot' }>, outcome) => {
      expect(await git(outcome as string, 'write-tree')).toBe(await port.treeOf(commit));
      expect(await treeOfFolder(outcome as string)).toBe(await port.treeOf(commit));
      await isClean(outcome as string);
    },
  },
  {
    name: 'publish',
    prepare: async (at) => {
      const from = (await git(world.root, 'rev-parse', 'main')) as CommitId;
      return { name: 'publish', branch: branch('main'), from, to: await side(300 + at, from) };
    },
    verify: async (port, { to }: Extract<Operation, { name: 'publish' }>, outcome) => {
      expect(outcome).toEqual({ kind: 'published', checkout: 'fast-forwarded' });
      expect(await port.branchTip(branch('main'))).toBe(to);
      await isClean(world.root);
    },
  },
  {
    name: 'publish elsewhere',
    prepare: async (at) => {
      const from = (await git(world.root, 'rev-parse', 'target')) as CommitId;
      return { name: 'publish', branch: branch('target'), from, to: await side(400 + at, from) };
    },
    verify: async (port, { to }: Extract<Operation, { name: 'publish' }>, outcome) => {
      expect(outcome).toEqual({ kind: 'published', checkout: 'none' });
      expect(await port.branchTip(branch('target'))).toBe(to);
    },
  },
  {
    name: 'updateWorkspace',
    prepare: async (at) => {
      const spec = await started('update', at);
      await writeFiles(spec.path, { [`mine-${at}.txt`]: 'mine\n' });
      await world.commit(spec, 'mine');
      return { name: 'updateWorkspace', spec, onto: await side(500 + at) };
    },
    verify: async (port, { spec, onto }: Extract<Operation, { name: 'updateWorkspace' }>, outcome) => {
      const tip = (await port.branchTip(spec.branch)) as CommitId;
      expect(outcome).toMatchObject(
        (outcome as { kind: string }).kind === 'contained' ? {} : { kind: 'merged', commit: tip },
      );
      expect(await port.isAncestor(onto, tip)).toBe(true);
      await isClean(spec.path);
      expect(await treeOfFolder(spec.path)).toBe(await port.treeOf(tip));
    },
  },
  {
    name: 'removeWorkspace',
    prepare: async (at) => ({ name: 'removeWorkspace', spec: await started('remove', at) }),
    verify: async (_, { spec }: Extract<Operation, { name: 'removeWorkspace' }>, outcome) => {
      expect(['removed', 'absent']).toContain((outcome as { kind: string }).kind);
      expect(existsSync(spec.path)).toBe(false);
    },
  },
];

describe(`a process killed at random moments (COPSE_KILL_SEED=${SEED})`, () => {
  test('leaves a half-made control repository that is made again', async () => {
    const random = seeded(SEED - 1);
    for (let at = 0; at < KILLS_EACH; at += 1) {
      const state = join(world.folder, `state-${at}`) as AbsolutePath;
      const mode = MODES[Math.floor(random() * MODES.length)] ?? 'all';
      const order = { root: world.root, state, operation: { name: 'open' } } as const;
      kills.push(await rig.killDuring(order, { mode, moment: random() }));
      const port = await openGit({
        userRepository: world.root,
        stateDir: state,
        failpoint: async () => undefined,
      });
      expect((await port.facts()).head).toBe(await git(world.root, 'rev-parse', 'HEAD'));
      port.close();
      await git(join(state, 'control.git'), '--git-dir=.', 'fsck', '--connectivity-only');
      expect(leftLocks(state)).toEqual([]);
    }
  });

  test.each(cases)('leaves a state from which the same call ends well: $name', async (one) => {
    const random = seeded(SEED + cases.indexOf(one));
    for (let at = 0; at < KILLS_EACH; at += 1) {
      const operation = await one.prepare(at);
      const mode = MODES[Math.floor(random() * MODES.length)] ?? 'all';
      const order = { root: world.root, state: world.state, operation };
      kills.push(await rig.killDuring(order, { mode, moment: random() }));
      const port = await world.reopen();
      await one.verify(port, operation as never, await perform(port, operation));
      await expectTidy(operation);
      port.close();
    }
    await expectSound();
  });

  test('was killed inside its calls, and inside git', () => {
    expect(kills.filter((one) => one.isInside).length).toBeGreaterThan(kills.length / 3);
    expect(kills.filter((one) => one.gitProcesses > 0).length).toBeGreaterThan(kills.length / 10);
  });
});

/** Also the temporary names of ours; `locks/` holds lock files of the port itself, which name their dead holder. */
function leftLocks(folder: string): readonly string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => /\.(?:lock|lock\..*|new|stale-.*)$/.test(name) && !name.startsWith('slots/s/tree/src'),
  );
}

async function expectTidy(operation: Operation): Promise<void> {
  expect(leftLocks(join(world.root, '.git'))).toEqual([]);
  expect(leftLocks(world.state)).toEqual([]);
  const list = await git(world.root, 'worktree', 'list', '--porcelain');
  expect(list).not.toMatch(/^(?:prunable|locked)/m);
  const trees = join(world.folder, 'trees');
  const around = existsSync(trees) ? readdirSync(trees) : [];
  expect(around.filter((name) => name.includes('copse-'))).toEqual([]);
  const common = readdirSync(join(world.root, '.git'));
  expect(common.filter((name) => name.includes('copse'))).toEqual([]);
  if (!('spec' in operation) || operation.spec.isolation === 'clone') return;
  const isThere = operation.name !== 'removeWorkspace';
  expect(list.includes(`worktree ${operation.spec.path}\n`)).toBe(isThere);
}

async function expectSound(): Promise<void> {
  await git(world.root, 'fsck', '--connectivity-only');
  await inControl('fsck', '--connectivity-only');
  const owned = join(world.state, 'owned', 'branches');
  const records = await Promise.all(readdirSync(owned).map((name) => readFile(join(owned, name), 'utf8')));
  const known = new Set(records.map((text) => (JSON.parse(text) as { branch: string }).branch));
  const branches = (
    await git(world.root, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/copse')
  ).split('\n');
  expect(branches.filter((name) => name !== '' && !known.has(name))).toEqual([]);
}
