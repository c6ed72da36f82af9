import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('order')
    .description('In which order tasks or branches should land, and why.')
    .argument('[names...]', 'tasks or branches (default: of the run or plan, else all that are not merged)')
    .option('--into <branch>', 'what they are to land on (default: of the run or plan, else the main branch)')
    .action((names, options) =>
      host.invoke(async (context) => {
        const { showOrder } = await import('../separation/show-conflicts.ts');
        return showOrder(context, { names, into: options.into ?? null });
      }),
    );
}
