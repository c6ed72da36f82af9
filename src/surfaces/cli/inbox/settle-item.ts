/** approve, reject, answer: what a person says about one item of the inbox. */
import type { InboxItem } from '../../../core/inbox/items.ts';
import type { RunState } from '../../../core/run/state.ts';
import { loadLatest } from '../../../engine/api.ts';
import { putAnswer } from '../../../engine/act/deliver-answer.ts';
import {
  factsOfVerdict,
  isHeard,
  movedSince,
  requireItem,
  type Verdict,
} from '../../../engine/inbox/answer.ts';
import { Failure } from '../../../kit/failure.ts';
import { formatDuration } from '../../../kit/duration.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { resumeLatest } from '../run/perform-run.ts';
import { type Session, withSession } from '../session.ts';
import { isLed, requireRun, tellRun } from '../steer/tell-run.ts';
import { requirePerson } from './person-only.ts';

/** What was typed; `by` null: the user of this machine. */
export type Wish =
  | { readonly kind: 'approve' | 'reject'; readonly message: string | null; readonly by: string | null }
  | { readonly kind: 'answer'; readonly text: string; readonly by: string | null };

export function settleItem(context: Context, id: string, wish: Wish): Promise<number> {
  return withSession(context, async (session) => {
    requirePerson(session, wish.kind);
    const state = await requireRun(session);
    const item = requireItem(state, id, ago(session));
    const verdict = verdictOf(wish, session);
    const facts = factsOfVerdict(state, item, verdict);
    const moved = wish.kind === 'approve' ? await movedSince(item, state, session.deps) : null;
    if (moved !== null) return refuseMoved(session, state, item, moved);
    if (!(await isLed(session)) && item.kind !== 'permission') {
      context.out.note(`${item.id}  ${saidOf(verdict)}`);
      return resumeLatest(session, state, facts, false);
    }
    const where = await tellRun(session, facts);
    const after = (await loadLatest(session.deps.store)) ?? state;
    // Somebody else was faster: says who it was.
    if (!isHeard(after, facts)) requireItem(after, item.id, ago(session));
    if (where === 'log' && item.kind === 'permission') await deliverNow(session, after, item);
    return done(session, item, verdict);
  });
}

function verdictOf(wish: Wish, session: Session): Verdict {
  const by = (wish.by ?? session.by).trim();
  if (by === '' || by.length > 100)
    throw new Failure('usage-by', '--by takes a name of at most 100 characters');
  if (wish.kind === 'answer') return { kind: 'answer', by, text: wish.text };
  const message = wish.message === null || wish.message.trim() === '' ? null : wish.message;
  return { kind: wish.kind, by, message };
}

function ago({ deps }: Session): (atMs: number) => string {
  return (atMs) => `${formatDuration(Math.max(0, deps.clock.now() - atMs))} ago`;
}

/** The approval is void; what the branch holds now is tested and asked about. */
async function refuseMoved(session: Session, state: RunState, item: InboxItem, moved: Fact): Promise<number> {
  const because = 'because' in moved ? moved.because : '';
  const text = `${item.id} is void: ${because}; what it holds now is tested and asked about again`;
  if (await isLed(session)) {
    await tellRun(session, [moved]);
    throw new Failure('approval-void', text, { hint: 'copse inbox' });
  }
  session.context.out.problem(text);
  return resumeLatest(session, state, [moved], false);
}

/** Nobody leads, and the agent waits all the same: the leader to come would put the same answer there. */
async function deliverNow(session: Session, state: RunState, item: InboxItem): Promise<void> {
  if (item.kind === 'permission') await putAnswer(item.question, state, session.deps);
  session.context.out.note('nobody leads the run; to go on: copse resume');
}

function done({ context: { out } }: Session, item: InboxItem, verdict: Verdict): number {
  const text = saidOf(verdict);
  const { by } = verdict;
  const task = item.task === null ? {} : { task: item.task };
  if (out.json) out.envelope(verdict.kind, { item: item.id, kind: item.kind, ...task, by, message: text });
  else out.answer(`${item.id}  ${text}`);
  return EXIT.done;
}

function saidOf(verdict: Verdict): string {
  const words = { approve: 'approved', reject: 'rejected', answer: 'answered' } as const;
  return `${words[verdict.kind]} by ${verdict.by}`;
}
