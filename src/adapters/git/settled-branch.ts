/**
 * Where a branch is and what the HEAD log of its checkout says, read as one. git renames the branch's file into place
 * before it writes the line into HEAD's log, and holds HEAD.lock until both are done: a look in between shows a move that
 * nobody seems to have made.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GitContext } from './context.ts';
import { statIfThere } from './files.ts';
import { headMoves } from './made-in-workspace.ts';
import { LOCK_WAIT_MS, lockPauses } from './stale-lock.ts';
import { rawUserRef, readHead } from './user-refs.ts';

export interface BranchLook {
  readonly value: string | null;
  /** Values that HEAD of the checkout was at, oldest first. */
  readonly logged: readonly string[];
  readonly isOnBranch: boolean;
  /** The checkout's HEAD is locked: git is moving what it points to. */
  readonly isMoving: boolean;
}

/** A look that two moments agree on; after five seconds of moving, the last one. `ref` is a full name. */
export async function settledBranch(context: GitContext, ref: string, gitDir: string): Promise<BranchLook> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  return settle(() => lookAt(context, ref, gitDir), {
    pauses: lockPauses(),
    pause: async (ms) => (performance.now() < deadline ? delay(ms, true) : false),
  });
}

/** `pause` answers false when it is time to end. */
export async function settle(
  look: () => Promise<BranchLook>,
  waiting: { readonly pauses: Iterator<number>; readonly pause: (ms: number) => Promise<boolean> },
): Promise<BranchLook> {
  let seen = await look();
  while (!isExplained(seen)) {
    const again = await look();
    if (isSettled(seen, again)) return again;
    seen = again;
    if (seen.isMoving && !(await waiting.pause(waiting.pauses.next().value as number))) return seen;
  }
  return seen;
}

/** HEAD is on the branch and its log ends with the branch's value: the move was made there. */
function isExplained(look: BranchLook): boolean {
  return look.isOnBranch && look.value !== null && look.logged.at(-1) === look.value;
}

function isSettled(one: BranchLook, two: BranchLook): boolean {
  const isStill = !one.isMoving && !two.isMoving && one.isOnBranch === two.isOnBranch;
  return isStill && one.value === two.value && one.logged.at(-1) === two.logged.at(-1);
}

/** The order matters: a lock that is gone after the value was read means that the log read next has its line. */
async function lookAt(context: GitContext, ref: string, gitDir: string): Promise<BranchLook> {
  const value = await rawUserRef(context, ref);
  const isMoving = (await statIfThere(join(gitDir, 'HEAD.lock'))) !== null;
  const head = await readHead(gitDir);
  const logged = (await headMoves(gitDir)).map((move) => move.to);
  return {
    value,
    logged,
    isOnBranch: head.kind === 'branch' && `refs/heads/${head.branch}` === ref,
    isMoving,
  };
}
