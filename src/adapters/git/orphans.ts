/**
 * Git processes that outlived the Copse process which started them. They would go on writing files and indexes that the
 * next process is about to write, so they are ended before it does anything.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from './failure.ts';
import { startTicks } from './lock.ts';
import { gitProcesses, type GitProcess } from './proc-table.ts';

/** In the environment of every git process of ours: pid and start time of the Copse process. */
const OWNER = 'COPSE_GIT_OWNER';
/** A killed process is gone when the kernel has let go of it; a disk that hangs can delay that. */
const WAIT_MS = 5_000;
const LOOK_AGAIN_MS = 5;

export function ownerMark(): Readonly<Record<string, string>> {
  return { [OWNER]: `${process.pid} ${startTicks(process.pid) ?? '?'}` };
}

/** `home`: the empty home folder that git processes of one state folder have, and no others. Needs /proc; elsewhere it does nothing. */
export async function endOrphans(home: string): Promise<void> {
  const orphans = gitProcesses().filter((candidate) => isOrphan(candidate, home));
  for (const { pid, startTicks: ticks } of orphans) {
    if (startTicks(pid) === ticks) kill(pid);
  }
  const deadline = performance.now() + WAIT_MS;
  for (const { pid, startTicks: ticks } of orphans) {
    while (startTicks(pid) === ticks && performance.now() < deadline && !isZombie(pid))
      await delay(LOOK_AGAIN_MS);
  }
}

function isOrphan({ environment }: GitProcess, home: string): boolean {
  if (environment === null || environment.get('HOME') !== home) return false;
  const [pid = '', ticks = ''] = (environment.get(OWNER) ?? '').split(' ');
  return pid !== '' && startTicks(Number(pid)) !== ticks;
}

/** Ended, but not yet reaped by whoever inherited it. */
function isZombie(pid: number): boolean {
  return !gitProcesses().some((candidate) => candidate.pid === pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
