import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('rollback')
    .description(
      'Take a landed change back: one revert commit, which goes through the queue before everything else and is proven like everything else. What landed since and builds on it is named. A rollback can be taken back in the same way.',
    )
    .argument('<merge>', 'task, branch, or a commit of the target')
    .option('--because <text>', 'why, for the log and the message of the commit')
    .action((what, options) =>
      host.invoke(async (context) => {
        const { performRollback } = await import('../resolve/perform-rollback.ts');
        return performRollback(context, what, options.because ?? 'no reason was given');
      }),
    );
}
