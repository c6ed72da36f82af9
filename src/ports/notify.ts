/** How people are told of something when they do not look. A message that does not arrive changes nothing else. */
import type { Notice } from '../core/inbox/notices.ts';
import type { NotifyChannel } from '../core/plan/model.ts';

export type NotifyOutcome =
  | { readonly kind: 'delivered' }
  /** There is nothing on this machine that would show it. */
  | { readonly kind: 'absent'; readonly why: string }
  /** It did not arrive, for certain. */
  | { readonly kind: 'refused'; readonly why: string; readonly mayRetry: boolean }
  /** It may have arrived: telling it again could tell it twice. */
  | { readonly kind: 'unsure'; readonly why: string };

export interface NotifyPort {
  /** One try, within a limit of its own; never rejects. Nothing secret is sent. */
  send(channel: NotifyChannel, notice: Notice): Promise<NotifyOutcome>;
}
