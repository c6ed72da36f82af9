import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('undo')
    .description('Move branches back to where they were before an operation; refused if they moved since.')
    .argument('[operation]', 'op-… as copse log shows it (default: the newest)')
    .action((operation) =>
      host.invoke(async (context) => {
        const { performUndo } = await import('../care/perform-care.ts');
        return performUndo(context, operation ?? null);
      }),
    );
}
