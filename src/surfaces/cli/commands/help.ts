import { Command } from '@commander-js/extra-typings';
import { Failure } from '../../../kit/failure.ts';
import { commandNamed, replaceSynonym } from '../command-table.ts';
import { EXIT } from '../exit-codes.ts';
import { TOPICS } from '../help-topics.ts';
import type { Host } from '../host.ts';
import { rootHelp } from '../root-help.ts';

export function define(host: Host) {
  return new Command('help')
    .description('Help on a command, or on a topic: exit-codes, environment, plan, json, states.')
    .argument('[words...]', 'a command or a topic')
    .action((words) =>
      host.invoke(async ({ out }) => {
        out.raw(await pageOf(words, out.columns));
        return EXIT.done;
      }),
    );
}

async function pageOf(words: readonly string[], columns: number): Promise<string> {
  const [name, ...rest] = replaceSynonym(words);
  if (name === undefined) return rootHelp();
  const entry = commandNamed(name);
  if (Object.hasOwn(TOPICS, name) && (entry === null || rest.length > 0)) return topic(name);
  if (entry === null) {
    const topics = Object.keys(TOPICS).join(', ');
    throw new Failure('usage-topic', `there is no help on ${JSON.stringify(name)}; topics are ${topics}`, {
      hint: 'copse --help',
    });
  }
  const { define: defineCommand } = await entry.load();
  let command = defineCommand({ invoke: () => {} });
  for (const word of rest) command = command.commands.find((one) => one.name() === word) ?? command;
  new Command('copse').addCommand(rest.length === 0 ? command : defineCommand({ invoke: () => {} }));
  command.configureOutput({ getOutHelpWidth: () => Math.min(100, Math.max(40, columns)) });
  const page = command.helpInformation();
  return name === 'plan' && rest.length === 0 ? `${page}\n${topic('plan')}` : page;
}

function topic(name: string): string {
  return `${TOPICS[name]?.() ?? ''}\n`;
}
