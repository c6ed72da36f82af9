import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { positiveInteger } from '../values.ts';

export function define(host: Host) {
  return new Command('logs')
    .description(
      'What an agent or a gate printed, the stream of a known client as text. Control characters are removed.',
    )
    .argument('[id]', 'the task (default: the one of this worktree)')
    .option('-f, --follow', 'go on until the attempt has ended')
    .option('--attempt <n>', 'an earlier attempt', positiveInteger)
    .option('--gate <name>', 'the output of a gate')
    .option('--raw', 'bytes as they were printed')
    .action((id, options) =>
      host.invoke(async (context) => {
        const { showLogs } = await import('../look/show-logs.ts');
        return showLogs(context, {
          task: id ?? null,
          follow: options.follow === true,
          attempt: options.attempt ?? null,
          gate: options.gate ?? null,
          raw: options.raw === true,
        });
      }),
    );
}
