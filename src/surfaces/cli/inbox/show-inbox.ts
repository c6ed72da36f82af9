/** `copse inbox`: everything that needs a person, read from the log without leading. */
import { loadLatest } from '../../../engine/load-latest.ts';
import { nextItem, requireItem } from '../../../engine/inbox/answer.ts';
import { formatDuration } from '../../../kit/duration.ts';
import { inboxText, itemText } from '../../../views/inbox-text.ts';
import { inboxView, itemView } from '../../../views/inbox-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withStore } from '../session.ts';

export async function showInbox(context: Context): Promise<number> {
  const { out } = context;
  const state = await withStore(context, (store) => loadLatest(store));
  const nowMs = Date.now();
  const view = state === null ? { run: null, items: [] } : inboxView(state, nowMs);
  if (out.json) out.envelope('inbox', view);
  else out.answer(...inboxText(view, nowMs, out.paint));
  return EXIT.done;
}

/** One item whole: the oldest, or the one that is named. Exit code 6 while something waits, 0 when nothing does. */
export async function showNext(context: Context, id: string | null): Promise<number> {
  const { out } = context;
  const state = await withStore(context, (store) => loadLatest(store));
  const nowMs = Date.now();
  const ago = (atMs: number): string => `${formatDuration(Math.max(0, nowMs - atMs))} ago`;
  const item = state === null ? null : id === null ? nextItem(state) : requireItem(state, id, ago);
  if (state === null || item === null) {
    if (out.json) out.envelope('inbox', { run: state?.id ?? null, items: [] });
    else out.answer('nothing waits for a person');
    return EXIT.done;
  }
  const view = itemView(item, state, nowMs);
  if (out.json) out.envelope('inbox', { run: state.id, items: [view] });
  else out.answer(...itemText(view, nowMs, out.paint));
  return EXIT.person;
}
