import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { positiveInteger } from '../values.ts';

export function define(host: Host) {
  return new Command('retry')
    .description('Try tasks again. When nobody leads the run, it goes on here.')
    .argument('<ids...>', 'tasks')
    .option('--fresh', 'in a new worktree from the target')
    .option('--from <wave>', 'from this wave on', positiveInteger)
    .action((ids, options) =>
      host.invoke(async (context) => {
        const { retryTasks } = await import('../steer/steer-run.ts');
        return retryTasks(context, ids, { fresh: options.fresh === true, from: options.from ?? null });
      }),
    );
}
