import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('answer')
    .description(
      'Answer an item of the inbox in words: the next turn of its agent. Permissions and approvals take yes or no.',
    )
    .argument('<item>', 'an item of the inbox, its task, or the beginning of its id')
    .argument('<text>', 'the answer')
    .option('--by <name>', 'who says so, for the log; default: the user')
    .action((item, text, options) =>
      host.invoke(async (context) => {
        const { settleItem } = await import('../inbox/settle-item.ts');
        return settleItem(context, item, { kind: 'answer', text, by: options.by ?? null });
      }),
    );
}
