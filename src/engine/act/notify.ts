/**
 * Tells people of one thing, once. What was being sent when Copse was killed may have arrived, so it is not sent again: a mark
 * on the disk, made before each try and unmade when the try is known to have failed, says so to the one who comes after.
 */
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { NotifyOutcome } from '../../ports/notify.ts';
import type { ActContext } from '../deps.ts';
import { under } from '../paths.ts';

/** A dead address costs this many tries, and then nothing more. */
const MAX_TRIES = 3;
/** Before the second try; three times as long before the third. */
const RETRY_MS = 1_000;

type Notify = Extract<Step, { kind: 'notify' }>;

export async function notify(step: Notify, context: ActContext): Promise<readonly Fact[]> {
  const outcome = await tell(step, context);
  const why = outcome.kind === 'delivered' ? null : outcome.why;
  const { channel, notice } = step;
  const { intent } = context;
  return [{ kind: 'notice.sent', intent, key: notice.key, channel, outcome: outcome.kind, why }];
}

async function tell({ channel: index, notice }: Notify, context: ActContext): Promise<NotifyOutcome> {
  const { deps, state, intent, signal } = context;
  const channel = state.plan.notify?.[index];
  if (channel === undefined) return { kind: 'absent', why: 'the plan names no such channel' };
  const mark = under(deps.paths.state, `runs/${state.id}/notices/${intent}`);
  const before = await deps.files.read(mark);
  if (before === SENDING) return { kind: 'unsure', why: 'Copse was ended while it was being sent' };
  for (let tries = 1 + Number(before ?? 0); ; tries += 1) {
    await deps.files.write(mark, SENDING);
    const outcome = await deps.notify.send(channel, notice);
    if (outcome.kind !== 'refused' || !outcome.mayRetry || tries >= MAX_TRIES || signal.aborted)
      return outcome;
    await deps.files.write(mark, String(tries));
    await pause(RETRY_MS * 3 ** (tries - 1), context);
  }
}

const SENDING = 'sending';

function pause(delayMs: number, { deps }: ActContext): Promise<void> {
  return new Promise((resolve) => {
    deps.clock.after(delayMs, resolve);
  });
}
