import { setTimeout as delay } from 'node:timers/promises';
import { GitFailure } from './failure.ts';
import { LOCK_WAIT_MS, lockFailure, lockIdentity, lockPauses, removeIfStale } from './stale-lock.ts';

/**
 * Repeats `attempt` while a lock is in its way (`git-locked`), with growing pauses, up to five seconds. A lock that
 * stayed all that time and that nobody holds is removed and `attempt` made once more for as long; one that is held ends
 * the waiting with a failure that names its holder. Everything else, lost compare-and-sets and bad objects above all, is
 * passed on at once.
 */
export async function retrying<T>(label: string, attempt: () => Promise<T>): Promise<T> {
  const removed = new Set<string>();
  for (;;) {
    const outcome = await untilFree(attempt);
    if (outcome.kind === 'done') return outcome.value;
    const { failure, identity } = outcome;
    if (failure.lock === null || removed.has(failure.lock)) throw failure;
    const found = await removeIfStale(failure.lock, identity);
    if (found !== 'gone') throw lockFailure(label, failure.lock, found, failure);
    removed.add(failure.lock);
  }
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** `identity`: of the lock that was there from the first failure to the last; null when they were several. */
  | { readonly kind: 'stuck'; readonly failure: GitFailure; readonly identity: string | null };

async function untilFree<T>(attempt: () => Promise<T>): Promise<Outcome<T>> {
  const pauses = lockPauses();
  // By the clock, not by the pauses: git itself waits up to five seconds for some locks.
  const deadline = performance.now() + LOCK_WAIT_MS;
  let first: { readonly lock: string | null; readonly identity: string | null } | null = null;
  for (;;) {
    try {
      return { kind: 'done', value: await attempt() };
    } catch (failure) {
      if (!(failure instanceof GitFailure) || failure.code !== 'git-locked') throw failure;
      first ??= {
        lock: failure.lock,
        identity: failure.lock === null ? null : await lockIdentity(failure.lock),
      };
      if (performance.now() >= deadline) {
        const identity = first.lock === failure.lock ? first.identity : null;
        return { kind: 'stuck', failure, identity };
      }
      await delay(pauses.next().value);
    }
  }
}
