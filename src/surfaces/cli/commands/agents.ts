import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('agents')
    .description(
      'Which coding agents are installed, their versions, and what to know about them. No model is asked.',
    )
    .action(() =>
      host.invoke(async (context) => {
        const { showAgents } = await import('../begin/show-agents.ts');
        return showAgents(context);
      }),
    );
}
