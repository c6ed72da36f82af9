/** The first page of help, and what `copse` says in a repository without a run. Loads nothing. */
import { COMMANDS, type CommandGroup } from './command-table.ts';

const GROUPS: readonly CommandGroup[] = ['Start', 'Plan', 'Run', 'Decide', 'Land', 'Observe', 'Care'];

export function rootHelp(): string {
  const sections = GROUPS.map((group) => {
    const rows = COMMANDS.filter((command) => command.group === group).map((command) => {
      const left = `${command.name} ${command.usage}`.trim();
      return left.length <= 26
        ? `  ${left.padEnd(26)} ${command.summary}`
        : `  ${left}\n  ${' '.repeat(26)} ${command.summary}`;
    });
    return `${group}\n${rows.join('\n')}`;
  });
  return `Run coding agents in parallel on one git repository; land only what was proven.

Usage: copse [options] <command>

${sections.join('\n')}

Options
  -C DIR                     run as if started there
  --plan FILE                plan file (default: copse.yaml, found upwards)
  --json                     print JSON: one object, or one event a line
  -q, -v, -vv                say less, more, everything
  -y, --yes                  answer every question with yes
  --no-input                 never ask
  --color WHEN               auto, always, never
  --no-progress              no line that is drawn twice
  -h, --help  -V, --version

copse help COMMAND says more about one; copse help TOPIC about exit-codes,
environment, plan, json or states. First: copse demo
`;
}

export const WELCOME: readonly string[] = [
  'Copse runs coding agents in parallel, each in its own worktree, and lands what is proven.',
  '',
  '  copse demo                     25 s in a throw-away repository, no key',
  '  copse run "what is to be done" here, with the agent and the gates that are found',
  '  copse init                     write a plan',
  '  copse --help',
];
