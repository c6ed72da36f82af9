import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('skip')
    .description('Leave tasks out of the run.')
    .argument('<ids...>', 'tasks')
    .action((ids) =>
      host.invoke(async (context) => {
        const { skipTasks } = await import('../steer/steer-run.ts');
        return skipTasks(context, ids);
      }),
    );
}
