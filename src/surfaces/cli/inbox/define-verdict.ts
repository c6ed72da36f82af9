import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

/** `approve` and `reject` are one command with two words. */
export function defineVerdict(host: Host, kind: 'approve' | 'reject', description: string) {
  return new Command(kind)
    .description(description)
    .argument('<item>', 'an item of the inbox, its task, or the beginning of its id')
    .option('-m, --message <text>', 'why; the agent reads it')
    .option('--by <name>', 'who says so, for the log; default: the user')
    .action((item, options) =>
      host.invoke(async (context) => {
        const { settleItem } = await import('./settle-item.ts');
        const { message = null, by = null } = options;
        return settleItem(context, item, { kind, message, by });
      }),
    );
}
