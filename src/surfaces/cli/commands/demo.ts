import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('demo')
    .description('A tour in a throw-away repository, with the built-in demo agent: no key, no network.')
    .option('--keep', 'leave the repository there')
    .action((options) =>
      host.invoke(async (context) => {
        const { demo } = await import('../begin/demo.ts');
        return demo(context, { keep: options.keep === true });
      }),
    );
}
