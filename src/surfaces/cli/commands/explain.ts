import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('explain')
    .description('What an error code means, or why a task is where it is.')
    .argument('<code>', 'E0312, leader-held, 7, or the id of a task')
    .action((code) =>
      host.invoke(async (context) => {
        const { explain } = await import('../look/explain.ts');
        return explain(context, code);
      }),
    );
}
