import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('reset')
    .description('End the run: agents are stopped, all they wrote is saved, worktrees stay.')
    .action(() =>
      host.invoke(async (context) => {
        const { performReset } = await import('../care/perform-care.ts');
        return performReset(context);
      }),
    );
}
