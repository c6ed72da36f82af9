/** One POST of one JSON object. What is known not to have arrived is told apart from what may have. */
import { createHmac } from 'node:crypto';
import type { Notice } from '../../core/inbox/notices.ts';
import type { NotifyChannel } from '../../core/plan/model.ts';
import type { NotifyOutcome } from '../../ports/notify.ts';

type Webhook = Extract<NotifyChannel, { kind: 'webhook' }>;

/** Nothing was sent yet when one of these happened. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TRY_LATER: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export async function postWebhook(
  channel: Webhook,
  notice: Notice,
  {
    environment,
    limitMs,
  }: { readonly environment: Readonly<Record<string, string | undefined>>; readonly limitMs: number },
): Promise<NotifyOutcome> {
  const body = JSON.stringify(bodyOf(notice));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'copse',
    'x-copse-delivery': notice.key,
    'x-copse-event': notice.cause,
  };
  if (channel.secretEnv !== null) {
    const secret = environment[channel.secretEnv];
    if (secret === undefined || secret === '')
      return {
        kind: 'refused',
        why: `${channel.secretEnv} is not set: nothing is sent unsigned`,
        mayRetry: false,
      };
    headers['x-copse-signature-256'] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  }
  try {
    // An address that leads elsewhere is not the one the plan names.
    const signal = AbortSignal.timeout(limitMs);
    const answer = await fetch(channel.to, { method: 'POST', headers, body, redirect: 'manual', signal });
    await answer.body?.cancel();
    if (answer.ok) return { kind: 'delivered' };
    return { kind: 'refused', why: `it answered ${answer.status}`, mayRetry: TRY_LATER.has(answer.status) };
  } catch (error) {
    const code = codeOf(error);
    return NEVER_SENT.has(code)
      ? { kind: 'refused', why: `it cannot be reached (${code})`, mayRetry: true }
      : { kind: 'unsure', why: `no answer within ${limitMs / 1_000} s (${code})` };
  }
}

/** Public: names are only added. */
function bodyOf({ key, cause, run, task, item, title, text, command, atMs }: Notice) {
  return {
    schema: 'copse.notice/1',
    id: key,
    event: cause,
    run,
    ...(task === null ? {} : { task }),
    ...(item === null ? {} : { item }),
    title,
    text,
    command,
    at: new Date(atMs).toISOString(),
  };
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof AggregateError) return codeOf(cause.errors[0]);
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string')
    return cause.code;
  return cause instanceof Error ? cause.name : 'unknown';
}
