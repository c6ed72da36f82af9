/** `copse rollback`: a revert through the queue; by the leader when there is one, else the run goes on here. */
import { planRollback } from '../../../engine/care/rollback.ts';
import { printable } from '../../../kit/printable.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { resumeLatest } from '../run/perform-run.ts';
import { withSession } from '../session.ts';
import { isLed, requireRun, tellRun } from '../steer/tell-run.ts';

export function performRollback(context: Context, what: string, because: string): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    const state = await requireRun(session);
    const plan = await planRollback(session.deps, state, { what, by: session.by, because });
    for (const { name, because: why } of plan.dependents)
      out.note(printable(`${name} landed since and builds on it: ${why}`));
    if (!(await isLed(session))) return resumeLatest(session, state, [plan.fact], false);
    await tellRun(session, [plan.fact]);
    const { change } = plan.fact;
    const dependents = plan.dependents.map(({ name, because: reason }) => ({ name, reason }));
    if (out.json) out.envelope('rollback', { change, commit: plan.commit, dependents });
    else
      out.answer(
        printable(`${change} is queued before everything else; ${state.target} moves when it is proven`),
      );
    return EXIT.done;
  });
}
