/** The newest run as the log has it now. Apart from the rest of the API, so that a question loads no effects. */
import { fold } from '../core/run/reduce.ts';
import type { RunState } from '../core/run/state.ts';
import type { StorePort } from '../ports/store.ts';
import { readNewestRun } from './journal.ts';

/** Store key: seq from which reading finds the newest run, so that opening need not read older ones. A hint, not truth. */
const LATEST_RUN_SEQ = 'latest-run-seq';

/** State of the newest run; null before the first. Needs no leadership. */
export async function loadLatest(store: StorePort): Promise<RunState | null> {
  const hint = Number((await store.value(LATEST_RUN_SEQ)) ?? '1');
  return fold(await readNewestRun(store, Number.isSafeInteger(hint) ? hint : 1));
}

/** Notes where a run begins. Lost in a crash it costs time, not truth: an older hint finds the newer run as well. */
export async function noteRunStart(store: StorePort, seq: number): Promise<void> {
  await store.compareAndSet(LATEST_RUN_SEQ, await store.value(LATEST_RUN_SEQ), String(seq));
}
