/** Whom to tell of what is so now and was not told yet. */
import { noticesOf } from '../inbox/notices.ts';
import { noticeKey } from '../inbox/model.ts';
import type { RunState } from '../run/state.ts';
import type { Decision } from './snapshot.ts';

/** Messages under way at once; the rest follow. */
const MAX_UNDER_WAY = 8;

export function decideNotices(state: RunState): readonly Decision[] {
  const channels = state.plan.notify ?? [];
  if (channels.length === 0) return [];
  const underWay = [...state.intents.values()].filter(({ step }) => step.kind === 'notify').length;
  const due = noticesOf(state).flatMap((notice) =>
    channels.flatMap((channel, index): readonly Decision[] => {
      if (!channel.on.includes(notice.cause) || state.inbox.notices.has(noticeKey(notice.key, index)))
        return [];
      const step = { kind: 'notify', channel: index, notice } as const;
      return [{ kind: 'act', step, because: `${channel.kind} is told (notify)` }];
    }),
  );
  return due.slice(0, Math.max(0, MAX_UNDER_WAY - underWay));
}
