import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('trust')
    .description('Show every command the plan may run, and allow them on this machine.')
    .argument('[file]', 'the plan (default: copse.yaml, found upwards)')
    .action((file) =>
      host.invoke(async (context) => {
        const { trustPlan } = await import('../planning/trust-plan.ts');
        return trustPlan(context, file ?? null);
      }),
    );
}
