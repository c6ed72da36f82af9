import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('send')
    .description(
      'Say something to the agent of a task: its next turn in the same conversation. A turn under way ends first; what waits to land leaves the queue. When nobody leads the run, it goes on here.',
    )
    .argument('<id>', 'task')
    .argument('<text>', 'the message, or - to read it from standard input')
    .option('--now', 'end the turn under way for it')
    .action((id, text, options) =>
      host.invoke(async (context) => {
        const { sendMessage } = await import('../inbox/send-message.ts');
        return sendMessage(context, id, text, options.now === true);
      }),
    );
}
