/** Work that another agent reviews and a person approves: who is asked first, and what a message or a moved head undoes. */
import { expect, test } from 'vitest';
import { FakeEngine } from '../../../test/support/fake-engine.ts';
import { planOf } from '../../../test/support/plan-builder.ts';
import type { ReviewPolicy } from '../../core/review/model.ts';
import type { TaskId } from '../../core/ids.ts';
import { factsOfVerdict, requireItem } from './answer.ts';

const A = 'a' as TaskId;
const POLICY: ReviewPolicy = { agent: 'checker', minScore: 10, maxIterations: 5, onFail: 'escalate' };
const demo = (name: string) => ({ kind: 'demo', name, parallel: null, instructions: null }) as const;

/** The reviewer gives these scores, one a turn, with a finding wherever it is not content. */
function engineOf(scores: readonly number[]): FakeEngine {
  let turns = 0;
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(
      { a: { review: POLICY, approval: { required: 1, from: [] } } },
      { agents: { demo: demo('demo'), checker: demo('checker') }, gates: { test: {} } },
    ),
    agent: (turn) => {
      if (turn.review === null) return engine.writes(turn, { 'a.txt': `${turn.number}\n` });
      const score = scores[turns++] ?? 10;
      const findings =
        score === 10
          ? []
          : [{ severity: 'major', file: 'a.txt', line: 1, title: `fault ${turns}`, detail: '' }];
      return engine.judges(turn, { score, findings });
    },
  });
  return engine;
}

function approve(engine: FakeEngine): void {
  const item = requireItem(engine.state, 'a', String);
  for (const fact of factsOfVerdict(engine.state, item, { kind: 'approve', by: 'Ada', message: null }))
    engine.tell(fact);
}

test('people are asked about what the review let through, and about nothing before', async () => {
  const engine = engineOf([6, 10]);
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'waiting' });
  const asked = engine.all('approval.asked');
  expect(asked).toHaveLength(1);
  expect(asked[0]?.head).toBe(engine.task('a').review.accepted?.head);
  expect(engine.all('queue.entered')).toEqual([]);
  await engine.reopen({ kind: 'run.resumed', by: 'Ada' });
  approve(engine);
  expect((await engine.finish()).queue.landed).toEqual(['a']);
  expect(engine.broken).toEqual([]);
});

test('what a message changes is tested, reviewed and put before people again', async () => {
  const engine = engineOf([10, 10]);
  await engine.play();
  await engine.reopen(
    { kind: 'run.resumed', by: 'Ada' },
    { kind: 'message.sent', task: A, by: 'Ada', text: 'say it shorter', isUrgent: false },
  );
  await engine.finish();
  expect(engine.all('review.finished')).toHaveLength(2);
  const [first, second] = engine.all('approval.asked');
  expect(second?.head).not.toBe(first?.head);
  expect(second?.head).toBe(engine.task('a').head);
  await engine.reopen({ kind: 'run.resumed', by: 'Ada' });
  approve(engine);
  expect((await engine.finish()).queue.landed).toEqual(['a']);
  expect(engine.broken).toEqual([]);
});
