import { Argument, Command } from '@commander-js/extra-typings';
import { completionScript } from '../completion-scripts.ts';
import { EXIT } from '../exit-codes.ts';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('completion')
    .description('Print a completion script: source <(copse completion bash)')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'] as const))
    .action((shell) =>
      host.invoke(async ({ out }) => {
        out.raw(completionScript(shell));
        return EXIT.done;
      }),
    );
}
