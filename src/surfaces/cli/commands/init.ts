import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('init')
    .description('Look at the project and write a small commented copse.yaml.')
    .action(() =>
      host.invoke(async (context) => {
        const { init } = await import('../begin/init.ts');
        return init(context);
      }),
    );
}
