import { setTimeout as delay } from 'node:timers/promises';
import { GitFailure } from './failure.ts';

/** Locks are held for milliseconds by living processes; five seconds covers a slow disk, then a lock counts as left over. */
const TOTAL_WAIT_MS = 5_000;
const FIRST_WAIT_MS = 50;
const GROWTH = 1.5;

/**
 * Repeats `attempt` while another process holds a lock it needs (`git-locked`), with growing pauses. Everything else,
 * lost compare-and-sets and bad objects above all, is passed on at once.
 */
export async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  let waited = 0;
  let pause = FIRST_WAIT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof GitFailure) || error.code !== 'git-locked' || waited >= TOTAL_WAIT_MS)
        throw error;
      // Jitter keeps two waiting processes from meeting again.
      const next = pause * (0.75 + Math.random() / 2);
      await delay(next);
      waited += next;
      pause *= GROWTH;
    }
  }
}
