/** The real port: a webhook by one POST, the desktop by whatever program of the system shows messages. */
import type { Notice } from '../../core/inbox/notices.ts';
import type { NotifyChannel } from '../../core/plan/model.ts';
import { assertNever } from '../../kit/assert.ts';
import { printable } from '../../kit/printable.ts';
import { redactText } from '../../kit/redact.ts';
import type { NotifyOutcome, NotifyPort } from '../../ports/notify.ts';
import { showOnDesktop } from './desktop.ts';
import { postWebhook } from './webhook.ts';

export interface NotifyOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /** Values that are never sent. */
  readonly secrets: readonly string[];
  /** Of one POST, from the first byte to the answer. */
  readonly limitMs?: number;
}

const LIMIT_MS = 5_000;

export function openNotify(options: NotifyOptions): NotifyPort {
  const { environment, platform, secrets, limitMs = LIMIT_MS } = options;
  return {
    send(channel: NotifyChannel, notice: Notice): Promise<NotifyOutcome> {
      const masked = maskedNotice(notice, secrets);
      switch (channel.kind) {
        case 'desktop':
          return showOnDesktop(masked, { environment, platform });
        case 'webhook':
          return postWebhook(channel, masked, { environment, limitMs });
        default:
          return assertNever(channel);
      }
    },
  };
}

function maskedNotice(notice: Notice, secrets: readonly string[]): Notice {
  const mask = (text: string): string => printable(redactText(text, secrets));
  return { ...notice, title: mask(notice.title), text: mask(notice.text), command: mask(notice.command) };
}
