/** Puts the answer of a person where the agent waits for it; the same answer, however often this is asked for. */
import { questionItem } from '../../core/inbox/model.ts';
import type { RunState } from '../../core/run/state.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext, Deps } from '../deps.ts';
import { attemptFolder, under } from '../paths.ts';

type Deliver = Pick<Extract<Step, { kind: 'deliver-answer' }>, 'task' | 'attempt' | 'question'>;

export async function deliverAnswer(
  step: Extract<Step, { kind: 'deliver-answer' }>,
  { deps, state, intent }: ActContext,
): Promise<readonly Fact[]> {
  const { task, attempt, question } = step;
  const outcome = await putAnswer(step, state, deps);
  return [{ kind: 'question.delivered', intent, task, attempt, question, outcome }];
}

/** gone: the question is not there any more, or was never answered. */
export async function putAnswer(
  { attempt, question }: Deliver,
  state: RunState,
  { files, paths }: Pick<Deps, 'files' | 'paths'>,
): Promise<'delivered' | 'gone'> {
  const standing = state.inbox.questions.get(questionItem(attempt, question))?.standing;
  const folder = under(paths.state, `${attemptFolder(state.id, attempt)}/questions`);
  if (standing?.kind !== 'answered') return 'gone';
  if ((await files.read(under(folder, `${question}.json`))) === null) return 'gone';
  const { answer, by, message } = standing;
  const record = { answer, by, ...(message === null ? {} : { message }) };
  await files.write(under(folder, `${question}.answer.json`), `${JSON.stringify(record)}\n`);
  return 'delivered';
}
