import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('update')
    .description("Take the target into tasks' branches before their next attempt, never during one.")
    .argument('<ids...>', 'tasks')
    .action((ids) =>
      host.invoke(async (context) => {
        const { updateTasks } = await import('../steer/steer-run.ts');
        return updateTasks(context, ids);
      }),
    );
}
