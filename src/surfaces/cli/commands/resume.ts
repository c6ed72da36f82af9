import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('resume')
    .description('Go on with the run: wakes the process that leads it, else leads it here.')
    .option('--takeover', 'lead although another process does; it is fenced off')
    .action((options) =>
      host.invoke(async (context) => {
        const { resumeRunNow } = await import('../steer/steer-run.ts');
        return resumeRunNow(context, options.takeover === true);
      }),
    );
}
