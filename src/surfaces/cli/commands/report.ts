import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('report')
    .description('What the newest run did, task by task.')
    .option('--html <file>', 'write one self-contained page')
    .action((options) =>
      host.invoke(async (context) => {
        const { showReport } = await import('../look/show-report.ts');
        return showReport(context, options.html ?? null);
      }),
    );
}
