import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('cost')
    .description('Tokens and money of the run, by task, agent and phase, and what of it was thrown away.')
    .option('--attempts', 'each attempt too')
    .action((options) =>
      host.invoke(async (context) => {
        const { showCost } = await import('../look/show-cost.ts');
        return showCost(context, { attempts: options.attempts === true });
      }),
    );
}
