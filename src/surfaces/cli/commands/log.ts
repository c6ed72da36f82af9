import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { positiveInteger } from '../values.ts';

export function define(host: Host) {
  return new Command('log')
    .description('What was done to branches, newest first; copse undo takes one back.')
    .option('-n, --limit <n>', 'at most this many', positiveInteger, 50)
    .action((options) =>
      host.invoke(async (context) => {
        const { showOperations } = await import('../look/show-log.ts');
        return showOperations(context, options.limit);
      }),
    );
}
