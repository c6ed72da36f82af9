import type { Notice } from '../../core/inbox/notices.ts';
import type { NotifyChannel } from '../../core/plan/model.ts';
import type { NotifyOutcome, NotifyPort } from '../../ports/notify.ts';

/** Keeps what was sent; `answers` are given in order, then everything is delivered. */
export class FakeNotify implements NotifyPort {
  readonly sent: { readonly channel: NotifyChannel; readonly notice: Notice }[] = [];
  readonly answers: NotifyOutcome[] = [];

  async send(channel: NotifyChannel, notice: Notice): Promise<NotifyOutcome> {
    this.sent.push({ channel, notice });
    return this.answers.shift() ?? { kind: 'delivered' };
  }
}
