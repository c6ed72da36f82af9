import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('diff')
    .description('What a task changed, committed so far, against where it started.')
    .argument('[id]', 'the task (default: the one of this worktree)')
    .action((id) =>
      host.invoke(async (context) => {
        const { showDiff } = await import('../look/show-logs.ts');
        return showDiff(context, id ?? null);
      }),
    );
}
