import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('doctor')
    .description('Check git, node, agents, gates, disk and state; say what to do.')
    .option('--fix', 'put right what can be')
    .action((options) =>
      host.invoke(async (context) => {
        const { doctor } = await import('../begin/doctor.ts');
        return doctor(context, options.fix === true);
      }),
    );
}
