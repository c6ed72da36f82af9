import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('approve')
    .description(
      'Say yes: a permission is allowed once, work that waits for approval goes on. It counts for the commit that was asked about, and for no other.',
    )
    .argument('<item>', 'an item of the inbox, its task, or the beginning of its id')
    .option('-m, --message <text>', 'why; the agent reads it')
    .option('--by <name>', 'who says so, for the log; default: the user')
    .action((item, options) =>
      host.invoke(async (context) => {
        const { settleItem } = await import('../inbox/settle-item.ts');
        const { message = null, by = null } = options;
        return settleItem(context, item, { kind: 'approve', message, by });
      }),
    );
}
