/** `copse send`: a message of a person to the next turn of a task's agent. */
import { text as readAll } from 'node:stream/consumers';
import { factsOfMessage, type SentMessage, whenHeard } from '../../../engine/inbox/send.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { resumeLatest } from '../run/perform-run.ts';
import { withSession } from '../session.ts';
import { isLed, requireRun, requireTasks, tellRun } from '../steer/tell-run.ts';
import { requirePerson } from './person-only.ts';

export function sendMessage(context: Context, id: string, given: string, isUrgent: boolean): Promise<number> {
  return withSession(context, async (session) => {
    requirePerson(session, 'send');
    const { out } = context;
    const state = await requireRun(session);
    const [task] = requireTasks(state, [id]);
    if (task === undefined) return EXIT.usage;
    const text = given === '-' ? await readAll(process.stdin) : given;
    const message: SentMessage = { task, by: session.by, text, isUrgent };
    const facts = factsOfMessage(state, message);
    const when = whenHeard(state, message);
    if (!(await isLed(session))) {
      out.note(`${id}  ${when}`);
      return resumeLatest(session, state, facts, false);
    }
    await tellRun(session, facts);
    if (out.json) out.envelope('send', { task, by: session.by, message: text, when });
    else out.answer(`${id}  message sent: ${when}`);
    return EXIT.done;
  });
}
