import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('status')
    .description('Where everything stands, and why. Inside a task’s worktree: that task.')
    .argument('[id]', 'one task')
    .option('--ready', 'only tasks that could start now')
    .option('-w, --watch', 'again at every change, until Ctrl-C')
    .action((id, options) =>
      host.invoke(async (context) => {
        const wish = { task: id ?? null, ready: options.ready === true, welcome: false };
        if (options.watch === true) {
          const { watchStatus } = await import('../status/watch-status.ts');
          return watchStatus(context, wish);
        }
        const { showStatus } = await import('../status/show-status.ts');
        return showStatus(context, wish);
      }),
    );
}
