import { Command } from '@commander-js/extra-typings';
import { Failure } from '../../../kit/failure.ts';
import type { Host } from '../host.ts';
import { positiveInteger } from '../values.ts';

export function define(host: Host) {
  return new Command('run')
    .description(
      'Run a plan, some tasks of it, or prompts. Without words: go on with the run, else run copse.yaml.',
    )
    .argument('[words...]', 'a plan file, ids of its tasks, or prompts')
    .option('-p, --parallel <n>', 'agents at once', positiveInteger)
    .option('-a, --agent <agent>', "a name of the plan, demo, or a command: 'my-agent {prompt}'")
    .option('-n, --dry-run', 'show what would be done')
    .option('--no-merge', "stop after the tasks' own gates")
    .option('--detach', 'run in the background')
    .option('--takeover', 'lead although another process does; it is fenced off')
    .option('--full', 'probe, plan, run and merge in one go (not available yet)')
    .action((words, options) =>
      host.invoke(async (context) => {
        if (options.full === true) {
          throw new Failure('usage-not-available', 'run --full is not available yet', { hint: 'copse run' });
        }
        const { performRun } = await import('../run/perform-run.ts');
        return performRun(context, {
          words,
          parallel: options.parallel ?? null,
          agent: options.agent ?? null,
          dryRun: options.dryRun === true,
          noMerge: !options.merge,
          prepareOnly: false,
          detach: options.detach === true,
          takeover: options.takeover === true,
        });
      }),
    );
}
