import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('recover')
    .description('List the work that is saved, or bring one back as a branch copse/recovered/….')
    .argument('[name]', 'as the list shows it, or a commit')
    .action((name) =>
      host.invoke(async (context) => {
        const { performRecover } = await import('../care/perform-care.ts');
        return performRecover(context, name ?? null);
      }),
    );
}
