/** Editors poll and tidy the repository while sixteen tasks work on it: none of our calls may fail because of that. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { CommitId } from '../../../src/core/ids.ts';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, realWorld, TEST_ENV, type RealWorld } from './real-world.ts';
import { branch } from './world.ts';

const TASKS = 16;
let world: RealWorld;
afterEach(() => world.dispose());

/** Runs a command over and over, as the user and with the locks git takes by default; resolves with its runs once told to stop. */
function loop(pauseMs: number, cwd: string, ...args: readonly string[]): () => Promise<number> {
  const stop = new AbortController();
  let runs = 0;
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        // Its own failures (a lock of another loop) are the editor's business.
        execFile('git', [...args], { cwd, env: { ...TEST_ENV } }, () => resolve());
      });
      runs += 1;
      // As an editor does; without it the loops starve what is tested.
      await delay(pauseMs);
    }
  })();
  return async () => {
    stop.abort();
    await ended;
    return runs;
  };
}

async function life(spec: WorkspaceSpec, side: CommitId): Promise<void> {
  const port = world.git;
  expect(await port.provision(spec)).toMatchObject({ kind: 'ready' });
  const status = loop(500, spec.path, 'status', '--porcelain');
  try {
    const snapshot = await port.takeSnapshot(spec);
    await writeFile(join(spec.path, `${spec.task}.txt`), `${spec.task}\n`);
    // What the others' tasks do to their own branches is no violation, nor is what the editor fetched.
    const found = await port.verifySnapshot(spec, snapshot);
    expect(found.filter((one) => !('ref' in one) || !one.ref.startsWith('refs/remotes/'))).toEqual([]);
    const captured = await port.capture(spec, `refs/copse/salvage/${spec.task}/1`, 'salvage');
    const head = await port.commitOnBehalf(spec, captured);
    expect(
      await port.takeIn({ branch: spec.branch, workspace: spec }, `refs/copse/heads/${spec.task}`),
    ).toEqual({
      kind: 'taken',
      head,
      commits: 1,
    });
    expect(await port.updateWorkspace(spec, side, 'update')).toMatchObject({ kind: 'merged' });
    expect(await port.sight(spec)).toMatchObject({ branch: spec.branch, inProgress: null });
  } finally {
    expect(await status()).toBeGreaterThan(0);
  }
  expect(await git(spec.path, 'status', '--porcelain')).toBe('');
  expect(await port.removeWorkspace(spec, null)).toEqual({ kind: 'removed' });
  const tip = (await port.branchTip(spec.branch)) as CommitId;
  expect(await port.deleteBranch(spec.branch, tip)).toBe('deleted');
}

test('gc, pack-refs, fetch, prune and status beside sixteen workspaces make no call of ours fail', async () => {
  world = await realWorld();
  await git(world.root, 'branch', 'target');
  const upstream = join(world.folder, 'upstream.git');
  await git(world.folder, 'clone', '-q', '--bare', world.root, upstream);
  await git(world.root, 'remote', 'add', 'origin', upstream);
  const side = await world.commitAsHuman(branch('side'), world.base, { 'b.txt': 'side\n' });
  // Made before: a person's own git may lose a folder of objects to a `gc` beside it, and that is not asked here.
  const tips: CommitId[] = [];
  for (let at = 0; at < 5; at += 1) {
    const parent = tips.at(-1) ?? world.base;
    tips.push(await world.commitAsHuman(branch(`next-${at}`), parent, { [`landed-${at}.txt`]: `${at}\n` }));
  }
  const loops = [
    ['gc', '-q'],
    ['pack-refs', '--all'],
    ['fetch', '-q', 'origin', '+refs/heads/*:refs/remotes/origin/*'],
    ['worktree', 'prune', '--expire=now'],
    ['status', '--porcelain'],
  ].map((args) => loop(250, world.root, ...args));
  let landed = world.base;
  const landings = (async () => {
    for (const to of tips) {
      const request = { branch: branch('target'), from: landed, to };
      expect(await world.git.publish(request)).toEqual({ kind: 'published', checkout: 'none' });
      landed = to;
    }
  })();
  const specs = Array.from({ length: TASKS }, (_, at) => world.spec(`task-${at}`));
  const outcomes = await Promise.allSettled([landings, ...specs.map((spec) => life(spec, side))]);
  for (const end of loops) expect(await end()).toBeGreaterThan(0);
  expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([]);
  expect(await world.git.branchTip(branch('target'))).toBe(landed);
  await git(world.root, 'fsck', '--connectivity-only');
  expect(await git(world.root, 'worktree', 'list')).not.toContain('task-');
}, 300_000);
