import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Command } from '@commander-js/extra-typings';
import { COMMANDS, LATER_COMMANDS, type CommandEntry } from '../../src/surfaces/cli/command-table.ts';
import { EXIT_MEANINGS } from '../../src/surfaces/cli/exit-codes.ts';
import { addGlobalOptions } from '../../src/surfaces/cli/globals.ts';
import { ENVIRONMENT, STATES } from '../../src/surfaces/cli/help-topics.ts';

type Row = readonly [string, string];

/** `docs/reference/cli.md`: every command as its own definition states it, then what holds for all of them. */
export async function cliPage(): Promise<string> {
  const sections: string[] = [];
  let group = '';
  for (const entry of COMMANDS) {
    if (entry.group !== group) sections.push(`## ${entry.group}`);
    group = entry.group;
    sections.push(await commandSection(entry));
  }
  const later = Object.entries(LATER_COMMANDS).map(([name, now]): Row => [code(name), code(now)]);
  return `${[
    '<!-- Generated from src/surfaces/cli by `npm run docs`. -->',
    '# The command line',
    'The answer goes to stdout, the story of getting it to stderr. A command that cannot go on says what happened, what state everything is in, and the command to run next.',
    ...sections,
    '## Options of every command',
    table(['option', 'meaning'], optionRows(addGlobalOptions(new Command('copse')))),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_MEANINGS.map(([number, meaning]): Row => [String(number), meaning]),
    ),
    '## Environment',
    table(
      ['variable', 'meaning'],
      ENVIRONMENT.map(([name, meaning]): Row => [code(name), meaning]),
    ),
    '## States of a task',
    table(
      ['state', 'meaning'],
      STATES.map(([name, meaning]): Row => [code(name), meaning]),
    ),
    '## Not available yet',
    'These names are kept for later versions: each is refused with the command to use meanwhile.',
    table(['command', 'meanwhile'], later),
  ].join('\n\n')}\n`;
}

async function commandSection(entry: CommandEntry): Promise<string> {
  const { define } = await entry.load();
  const command = define({ invoke: () => {} });
  return [`### copse ${entry.name}`, ...bodyOf(command, 'copse')].join('\n\n');
}

function bodyOf(command: CommandUnknownOpts, before: string): readonly string[] {
  const path = `${before} ${command.name()}`;
  const words = command.registeredArguments.map((one): Row => [code(one.name()), one.description]);
  const rows = [...words, ...optionRows(command)];
  const children = command.commands.flatMap((child) => [
    `#### ${path} ${child.name()}`,
    ...bodyOf(child, path),
  ]);
  return [
    command.description(),
    ...(command.commands.length > 0 ? [] : [`    ${path} ${command.usage()}`]),
    ...(rows.length > 0 ? [table(['word', 'meaning'], rows)] : []),
    ...children,
  ];
}

function optionRows(command: CommandUnknownOpts): readonly Row[] {
  return command.options.map((option): Row => [code(option.flags), option.description]);
}

function table(head: Row, rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const line = (row: Row): string => `| ${row.map(cell).join(' | ')} |`;
  return [line(head), '|---|---|', ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
