/** `status --watch`: the same answer again at every change of the log, drawn in place on a terminal. */
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withStore } from '../session.ts';
import { showStatus, type StatusWish } from './show-status.ts';

const LOOK_MS = 500;

/** Ends with Ctrl-C, or when the reader goes. */
export async function watchStatus(context: Context, wish: StatusWish): Promise<number> {
  const { out } = context;
  let last = -1;
  while (!out.closed.aborted) {
    const seq = (await withStore(context, (store) => store.lastSeq())) ?? 0;
    if (seq !== last) {
      if (out.isTerminal && !out.json) out.clearScreen();
      await showStatus(context, wish);
    }
    last = seq;
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS);
    });
  }
  return EXIT.done;
}
