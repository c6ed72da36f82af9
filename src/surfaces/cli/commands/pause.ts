import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('pause')
    .description('Start nothing new until resumed; what runs goes on.')
    .option('-m, --message <text>', 'why, for the log', 'asked by a person')
    .action((options) =>
      host.invoke(async (context) => {
        const { pauseRun } = await import('../steer/steer-run.ts');
        return pauseRun(context, options.message);
      }),
    );
}
