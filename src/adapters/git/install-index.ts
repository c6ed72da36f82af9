/**
 * Puts an index in place the way git does, under `index.lock`: a program that refreshes the same index at that moment
 * (an editor that polls `git status`) neither reads half of it nor writes the old one back.
 */
import { constants, copyFile, link, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from './failure.ts';
import { lockFailure, lockIdentity, LOCK_WAIT_MS, lockPauses, removeIfStale } from './stale-lock.ts';
import { statIfThere } from './files.ts';

/** Callers hold the workspace's mutex. Fails with `git-locked` when a living process keeps the lock for five seconds. */
export async function installIndex(from: string, to: string): Promise<void> {
  const lock = `${to}.lock`;
  const beside = `${to}.copse`;
  await dropOwnRest(beside, lock);
  await copyFile(from, beside, constants.COPYFILE_FICLONE);
  try {
    await takeLock(beside, lock);
    await rename(lock, to);
  } finally {
    await rm(beside, { force: true });
  }
}

/** A lock that is the same file as our neighbour of it was made by a process of ours that died before its rename. */
async function dropOwnRest(beside: string, lock: string): Promise<void> {
  const [ours, theirs] = [await statIfThere(beside), await statIfThere(lock)];
  if (ours !== null && theirs !== null && ours.ino === theirs.ino && ours.dev === theirs.dev) {
    await rm(lock, { force: true });
  }
  await rm(beside, { force: true });
}

async function takeLock(beside: string, lock: string): Promise<void> {
  const identity = await lockIdentity(lock);
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (const pause of lockPauses()) {
    try {
      await link(beside, lock);
      return;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    if (performance.now() < deadline) await delay(pause);
    else {
      const found = await removeIfStale(lock, identity);
      if (found !== 'gone') throw lockFailure('write the index', lock, found);
      await link(beside, lock);
      return;
    }
  }
}
