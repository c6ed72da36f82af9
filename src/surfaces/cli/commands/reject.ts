import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('reject')
    .description(
      'Say no: a permission is denied; work that waits for approval goes back to its agent with -m, and ends without.',
    )
    .argument('<item>', 'an item of the inbox, its task, or the beginning of its id')
    .option('-m, --message <text>', 'why; the agent reads it')
    .option('--by <name>', 'who says so, for the log; default: the user')
    .action((item, options) =>
      host.invoke(async (context) => {
        const { settleItem } = await import('../inbox/settle-item.ts');
        const { message = null, by = null } = options;
        return settleItem(context, item, { kind: 'reject', message, by });
      }),
    );
}
