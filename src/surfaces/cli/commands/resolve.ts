import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('resolve')
    .description(
      'Show the conflict of a task or branch with the target, with the merge in progress in a checkout of its own. What is resolved there enters the queue again and is proven like any other change.',
    )
    .argument('<id>', 'task or branch')
    .option('--editor', 'open the files in conflict in $VISUAL or $EDITOR')
    .option('--agent <name>', 'let an agent of the plan resolve it')
    .option('--continue', 'take what is in the checkout; the run goes on')
    .option('--abort', 'give the change up; what was done stays saved')
    .action((id, options) =>
      host.invoke(async (context) => {
        const { performResolve } = await import('../resolve/perform-resolve.ts');
        return performResolve(context, {
          id,
          editor: options.editor === true,
          agent: options.agent ?? null,
          isContinue: options.continue === true,
          isAbort: options.abort === true,
        });
      }),
    );
}
