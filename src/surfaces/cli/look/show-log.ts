/** `log` and `events`: what the event log says, for people and for programs. */
import { loadOperations } from '../../../engine/care/operations.ts';
import { visitEvents } from '../../../engine/care/runs.ts';
import { eventView } from '../../../views/event-view.ts';
import { shortAge } from '../../../views/paint.ts';
import { shortId, timeOf } from '../../../views/words.ts';
import type { StorePort } from '../../../ports/store.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withStore } from '../session.ts';

export async function showOperations(context: Context, limit: number): Promise<number> {
  const { out } = context;
  const all = (await withStore(context, (store) => loadOperations(store))) ?? [];
  const shown = all.slice(-limit).toReversed();
  if (out.json) {
    const operations = shown.map((one) => ({
      id: one.id,
      ts: timeOf(one.atMs),
      run: one.run,
      what: one.what,
      refs: one.refs,
      ...(one.undoes === null ? {} : { undoes: one.undoes }),
      ...(one.undoneBy === null ? {} : { undone_by: one.undoneBy }),
    }));
    out.envelope('log', { operations }, { total: all.length });
    return EXIT.done;
  }
  if (shown.length === 0) out.answer('nothing was done to any branch yet');
  const nowMs = Date.now();
  for (const one of shown) {
    const note = one.undoneBy === null ? '' : ` (undone by ${one.undoneBy})`;
    const age = `${shortAge(nowMs - one.atMs)} ago`.padEnd(12);
    out.answer(`${one.id.padEnd(8)} ${age} ${one.what}${out.style.dim(note)}`);
    for (const { ref, from, to } of one.refs) {
      const move = `${from === null ? '(none)' : shortId(from)} to ${to === null ? '(none)' : shortId(to)}`;
      out.answer(out.style.dim(`         ${ref.replace('refs/heads/', '')}: ${move}`));
    }
  }
  if (shown.length > 0) out.note('to take the newest back: copse undo');
  return EXIT.done;
}

/** How often a follower asks for new events: one read of one row. */
const FOLLOW_MS = 200;

/** One JSON object a line, from `since` on; with `follow` until the run ends or the reader goes. */
export async function showEvents(
  context: Context,
  options: { readonly since: number; readonly follow: boolean },
): Promise<number> {
  await withStore(context, async (store) => {
    let next = options.since;
    for (;;) {
      next = await printFrom(context, store, next);
      if (!options.follow || context.out.closed.aborted) return;
      await new Promise((resolve) => {
        setTimeout(resolve, FOLLOW_MS);
      });
    }
  });
  return EXIT.done;
}

async function printFrom({ out }: Context, store: StorePort, from: number): Promise<number> {
  let next = from;
  await visitEvents(store, from, ({ seq, event }) => {
    out.record(eventView(event, seq));
    next = seq + 1;
  });
  return next;
}
