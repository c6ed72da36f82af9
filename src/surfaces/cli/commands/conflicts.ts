import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('conflicts')
    .description('Which tasks or branches conflict or may meet, and who may run together.')
    .argument('[names...]', 'tasks or branches (default: of the run or plan, else all that are not merged)')
    .option('--into <branch>', 'what they are to land on (default: of the run or plan, else the main branch)')
    .action((names, options) =>
      host.invoke(async (context) => {
        const { showConflicts } = await import('../separation/show-conflicts.ts');
        return showConflicts(context, { names, into: options.into ?? null });
      }),
    );
}
