import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { positiveInteger } from '../values.ts';

export function define(host: Host) {
  return new Command('events')
    .description('The events of all runs, one JSON object a line.')
    .option('-f, --follow', 'go on with new ones until Ctrl-C')
    .option('--since <seq>', 'from this place in the log on', positiveInteger, 1)
    .action((options) =>
      host.invoke(async (context) => {
        const { showEvents } = await import('../look/show-log.ts');
        return showEvents(context, { since: options.since, follow: options.follow === true });
      }),
    );
}
