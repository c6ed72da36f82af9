/** `copse queue`: the merge queue of the newest run, read from the log without leading. */
import { loadLatest } from '../../../engine/load-latest.ts';
import { queueText } from '../../../views/queue-text.ts';
import { queueView } from '../../../views/queue-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withStore } from '../session.ts';

export async function showQueue(context: Context): Promise<number> {
  const { out } = context;
  const state = await withStore(context, (store) => loadLatest(store));
  if (state === null) {
    if (out.json) out.envelope('queue', { run: null, target: null, queue: null });
    else out.answer('no run yet in this repository');
    return EXIT.done;
  }
  const nowMs = Date.now();
  const queue = queueView(state, nowMs);
  if (out.json) {
    const target = { branch: state.target, commit: queue.tip };
    out.envelope('queue', { run: state.id, target, queue });
  } else out.answer(...queueText(queue, state.target, nowMs, out.paint));
  return EXIT.done;
}
