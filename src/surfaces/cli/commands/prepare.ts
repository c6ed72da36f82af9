import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('prepare')
    .description('Make worktrees and branches and run set-up; no agent starts.')
    .argument('<words...>', 'ids of the plan, a plan file, or prompts')
    .option('--takeover', 'lead although another process does; it is fenced off')
    .action((words, options) =>
      host.invoke(async (context) => {
        const { performRun } = await import('../run/perform-run.ts');
        return performRun(context, {
          words,
          parallel: null,
          agent: null,
          dryRun: false,
          noMerge: true,
          prepareOnly: true,
          detach: false,
          takeover: options.takeover === true,
        });
      }),
    );
}
