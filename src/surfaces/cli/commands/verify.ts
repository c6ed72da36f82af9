import { Command } from '@commander-js/extra-typings';
import { Failure } from '../../../kit/failure.ts';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('verify')
    .description(
      'Run the gates now, each in a clean checkout; print metrics against thresholds. Lands nothing.',
    )
    .argument('[ids...]', 'tasks (default: the commit that is checked out)')
    .option('--merged', 'the target as it is now')
    .option('--reuse', 'use recorded results of the same tree')
    .action((ids, options) =>
      host.invoke(async (context) => {
        const merged = options.merged === true;
        if (merged && ids.length > 0) throw new Failure('usage-wrong', '--merged takes no ids');
        const { performVerify } = await import('../land/perform-verify.ts');
        return performVerify(context, { ids, merged, reuse: options.reuse === true });
      }),
    );
}
