import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
import { collected, positiveInteger } from '../values.ts';

export function define(host: Host) {
  return new Command('merge')
    .description('Land branches, each proven on the merged tree. Needs no plan and no agent.')
    .argument('[branches...]', 'branches made by anyone, in order of arrival')
    .option('--into <branch>', 'the branch to land on (default: the one that is checked out)')
    .option('-g, --gate <command>', 'must pass on the merged tree; may be given several times', collected)
    .option('--no-gates', 'land whatever merges, untested')
    .option('--slots <n>', 'trees tested at once', positiveInteger)
    .option('--priority <branch=priority>', 'more or less urgent than the others; may be repeated', collected)
    .option('--needs <branch=other>', 'lands after the other or together with it; may be repeated', collected)
    .option('--alone <branch>', 'never tested together with others; may be repeated', collected)
    .option('--watch <pattern>', 'go on, and land branches that match when they appear or move', collected)
    .option('--until-idle <seconds>', 'with --watch: end when nothing happened for so long', positiveInteger)
    .option('--takeover', 'lead although another process does; it is fenced off')
    .action((branches, options) =>
      host.invoke(async (context) => {
        const { performMerge } = await import('../land/perform-merge.ts');
        return performMerge(context, {
          branches,
          into: options.into ?? null,
          gates: options.gate ?? [],
          noGates: !options.gates,
          slots: options.slots ?? null,
          priorities: options.priority ?? [],
          needs: options.needs ?? [],
          alone: options.alone ?? [],
          watch: options.watch ?? [],
          untilIdleSeconds: options.untilIdle ?? null,
          takeover: options.takeover === true,
        });
      }),
    );
}
