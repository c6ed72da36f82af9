/** `copse trust`: the commands of the plan, as it would run here, shown and allowed. */
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withSession } from '../session.ts';
import { confirm } from '../ask.ts';
import { detect } from './detected.ts';
import { requirePlan } from './find-plan.ts';
import { commandsOf, loadPlan } from './load-plan.ts';
import { allow, isTrusted, listed } from './trust.ts';

/** Asking for it by name is the answer; on a terminal the list is confirmed all the same. */
export function trustPlan(context: Context, file: string | null): Promise<number> {
  return withSession(context, async ({ place, deps }) => {
    const { out } = context;
    const source = requirePlan(context, place, file);
    const detected = await detect(context, place, deps.git);
    const { plan } = await loadPlan({ context, place, git: deps.git, detected }, source);
    const wasAllowed = isTrusted(place, plan);
    const commands = commandsOf(plan);
    if (!out.json) out.answer(...(commands.length === 0 ? ['the plan runs no command'] : listed(plan)));
    if (!wasAllowed && out.canAsk && !(await confirm(context, 'Allow these commands?', '--yes')))
      return EXIT.person;
    allow(place, plan, source.path);
    if (out.json) out.envelope('trust', { file: source.path, commands, was_trusted: wasAllowed });
    else out.note(wasAllowed ? 'they were allowed already' : 'allowed; a change of any of them asks again');
    return EXIT.done;
  });
}
