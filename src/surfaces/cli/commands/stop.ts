import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('stop')
    .description('Stop tasks, their work so far is kept. Without ids: the whole run.')
    .argument('[ids...]', 'tasks')
    .action((ids) =>
      host.invoke(async (context) => {
        const { stopTasks } = await import('../steer/steer-run.ts');
        return stopTasks(context, ids);
      }),
    );
}
