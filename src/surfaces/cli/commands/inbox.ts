import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';

const load = () => import('../inbox/show-inbox.ts');

export function define(host: Host) {
  const inbox = new Command('inbox')
    .description('Everything that needs a person, oldest first, each with the command that answers it.')
    .action(() => host.invoke(async (context) => (await load()).showInbox(context)));
  inbox
    .command('next')
    .description('One item whole: the oldest, or the one named. Exit code 6 while something waits.')
    .argument('[item]', 'an item, its task, or the beginning of its id')
    .action((item) => host.invoke(async (context) => (await load()).showNext(context, item ?? null)));
  return inbox;
}
