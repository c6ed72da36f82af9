/**
 * What the machine makes of the gates alone: as many as there are slots, started together, again and again, with nothing
 * between. Four gates that are a Node and two gits each take more than their wait on two processors, and no queue can be
 * faster than that.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Workload } from '../workload.ts';
import { readRuns } from './judge.ts';
import { gateCommand, type LandingPlace } from './land.ts';
import { branchOf } from './materialize.ts';

const ROUNDS = 3;
/** A branch that has landed nothing. */
const BASE = 'floor-base';

/** Time from the first start to the last end, over the time the gates themselves wait; 1 on a machine that costs nothing. */
export async function floorOf(workload: Workload, at: LandingPlace, scale: number): Promise<number> {
  const changes = workload.changes.slice(0, workload.slots);
  const log = join(at.root, 'floor.log');
  const git = (...args: readonly string[]): void =>
    void execFileSync('git', args, { cwd: at.repository, env: at.env, stdio: 'pipe' });
  // The target has landed everything by now; the gates are told of one that has nothing.
  git('branch', '--force', BASE, `${branchOf(changes[0]?.id ?? '')}~1`);
  const folders = changes.map(({ id }, index) => {
    const folder = join(at.root, `floor-${index}`);
    git('worktree', 'add', '--quiet', '--detach', folder, branchOf(id));
    return folder;
  });
  const gate = gateCommand(log, scale, BASE);
  for (let round = 0; round < ROUNDS; round += 1) {
    const running = folders.map((cwd) =>
      once(spawn('/bin/sh', ['-c', gate], { cwd, env: at.env, stdio: 'ignore' }), 'exit'),
    );
    await Promise.all(running);
  }
  const runs = readRuns(log).runs;
  const tookMs = Math.max(...runs.map((run) => run.t1)) - Math.min(...runs.map((run) => run.t0));
  const longest = Math.max(...changes.map((change) => change.gateSeconds));
  return tookMs / 1_000 / (ROUNDS * longest * scale);
}
