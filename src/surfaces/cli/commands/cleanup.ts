import { Command } from '@commander-js/extra-typings';
import { Failure } from '../../../kit/failure.ts';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('cleanup')
    .description('Remove worktrees and branches that are done. What is in them is saved first.')
    .option('--merged', 'those of landed tasks (the default)')
    .option('--all', 'those of every task that is not at work')
    .action((options) =>
      host.invoke(async (context) => {
        if (options.merged === true && options.all === true)
          throw new Failure('usage-wrong', '--merged and --all exclude each other');
        const { performCleanup } = await import('../care/perform-care.ts');
        return performCleanup(context, { all: options.all === true });
      }),
    );
}
