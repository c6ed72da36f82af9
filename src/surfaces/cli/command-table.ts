/** Every command as data: what help, completion and dispatch know without loading any of them. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Host } from './host.ts';

export type CommandGroup = 'Start' | 'Plan' | 'Run' | 'Decide' | 'Land' | 'Observe' | 'Care';

export interface CommandEntry {
  readonly name: string;
  readonly group: CommandGroup;
  /** After the name, in help. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: (host: Host) => CommandUnknownOpts }>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    group: 'Start',
    usage: '',
    summary: 'a tour in a throw-away repository: no key, no network',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'init',
    group: 'Start',
    usage: '',
    summary: 'look at the project, write a copse.yaml',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'doctor',
    group: 'Start',
    usage: '[--fix]',
    summary: 'check git, node, agents, gates, disk',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'agents',
    group: 'Start',
    usage: '',
    summary: 'coding agents that are installed, and their versions',
    load: () => import('./commands/agents.ts'),
  },
  {
    name: 'plan',
    group: 'Plan',
    usage: 'check|show|forecast|add|edit|rm|schema',
    summary: 'check, show and change the plan',
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'run',
    group: 'Run',
    usage: '[PLAN | ID… | "prompt"…]',
    summary: 'run a plan, some tasks of it, or prompts',
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'prepare',
    group: 'Run',
    usage: 'ID…',
    summary: 'make worktrees and run set-up, start no agent',
    load: () => import('./commands/prepare.ts'),
  },
  {
    name: 'pause',
    group: 'Run',
    usage: '',
    summary: 'start nothing new until resumed',
    load: () => import('./commands/pause.ts'),
  },
  {
    name: 'resume',
    group: 'Run',
    usage: '',
    summary: 'go on with the run',
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'stop',
    group: 'Run',
    usage: '[ID…]',
    summary: 'stop tasks; without ids, the whole run',
    load: () => import('./commands/stop.ts'),
  },
  {
    name: 'retry',
    group: 'Run',
    usage: 'ID…',
    summary: 'try tasks again',
    load: () => import('./commands/retry.ts'),
  },
  {
    name: 'skip',
    group: 'Run',
    usage: 'ID…',
    summary: 'leave tasks out',
    load: () => import('./commands/skip.ts'),
  },
  {
    name: 'update',
    group: 'Run',
    usage: 'ID…',
    summary: 'take the target into branches of tasks',
    load: () => import('./commands/update.ts'),
  },
  {
    name: 'send',
    group: 'Run',
    usage: 'ID "text"',
    summary: "a message to the agent's next turn",
    load: () => import('./commands/send.ts'),
  },
  {
    name: 'logs',
    group: 'Run',
    usage: 'ID',
    summary: 'what an agent or a gate printed',
    load: () => import('./commands/logs.ts'),
  },
  {
    name: 'diff',
    group: 'Run',
    usage: 'ID',
    summary: 'what a task changed',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'review',
    group: 'Decide',
    usage: 'ID',
    summary: 'rounds and findings; --comment, --resolve, --accept',
    load: () => import('./commands/review.ts'),
  },
  {
    name: 'inbox',
    group: 'Decide',
    usage: '[next]',
    summary: 'everything that needs a person, oldest first',
    load: () => import('./commands/inbox.ts'),
  },
  {
    name: 'approve',
    group: 'Decide',
    usage: 'ITEM',
    summary: 'say yes to a permission or an approval',
    load: () => import('./commands/approve.ts'),
  },
  {
    name: 'reject',
    group: 'Decide',
    usage: 'ITEM [-m "why"]',
    summary: 'say no; the reason goes to the agent',
    load: () => import('./commands/reject.ts'),
  },
  {
    name: 'answer',
    group: 'Decide',
    usage: 'ITEM "text"',
    summary: 'answer a question of an agent',
    load: () => import('./commands/answer.ts'),
  },
  {
    name: 'verify',
    group: 'Land',
    usage: '[ID…]',
    summary: 'run the gates now, land nothing',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'merge',
    group: 'Land',
    usage: 'BRANCH…',
    summary: 'land branches, each proven on the merged tree',
    load: () => import('./commands/merge.ts'),
  },
  {
    name: 'queue',
    group: 'Land',
    usage: '[hold|release|up|down|eject|close|open|add]',
    summary: 'the merge queue, and what people say to it',
    load: () => import('./commands/queue.ts'),
  },
  {
    name: 'conflicts',
    group: 'Land',
    usage: '[BRANCH | ID…]',
    summary: 'what conflicts or may meet, who may run together',
    load: () => import('./commands/conflicts.ts'),
  },
  {
    name: 'order',
    group: 'Land',
    usage: '[BRANCH | ID…]',
    summary: 'in which order to land, and why',
    load: () => import('./commands/order.ts'),
  },
  {
    name: 'status',
    group: 'Observe',
    usage: '[ID]',
    summary: 'where everything stands, and why',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'log',
    group: 'Observe',
    usage: '',
    summary: 'what was done to branches, by whom, and why',
    load: () => import('./commands/log.ts'),
  },
  {
    name: 'resolve',
    group: 'Land',
    usage: 'ID [--editor|--agent A|--continue|--abort]',
    summary: 'settle a conflict by hand or by an agent',
    load: () => import('./commands/resolve.ts'),
  },
  {
    name: 'rollback',
    group: 'Land',
    usage: 'TASK|BRANCH|COMMIT',
    summary: 'take a landed change back, through the queue',
    load: () => import('./commands/rollback.ts'),
  },
  {
    name: 'events',
    group: 'Observe',
    usage: '[-f]',
    summary: 'the events of the run, one JSON object a line',
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'cost',
    group: 'Observe',
    usage: '[--attempts]',
    summary: 'tokens and money by task and agent',
    load: () => import('./commands/cost.ts'),
  },
  {
    name: 'report',
    group: 'Observe',
    usage: '',
    summary: 'what the run did, task by task',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'cleanup',
    group: 'Care',
    usage: '[--merged | --all]',
    summary: 'remove worktrees and branches that are done',
    load: () => import('./commands/cleanup.ts'),
  },
  {
    name: 'undo',
    group: 'Care',
    usage: '[OPERATION]',
    summary: 'move branches back to before an operation',
    load: () => import('./commands/undo.ts'),
  },
  {
    name: 'reset',
    group: 'Care',
    usage: '',
    summary: 'end the run; its work stays saved',
    load: () => import('./commands/reset.ts'),
  },
  {
    name: 'recover',
    group: 'Care',
    usage: '[NAME]',
    summary: 'list saved work, bring one back as a branch',
    load: () => import('./commands/recover.ts'),
  },
  {
    name: 'trust',
    group: 'Care',
    usage: '',
    summary: 'show the commands of the plan and allow them',
    load: () => import('./commands/trust.ts'),
  },
  {
    name: 'explain',
    group: 'Care',
    usage: 'CODE | ID',
    summary: 'an error code, or why a task waits',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'completion',
    group: 'Care',
    usage: 'bash|zsh|fish',
    summary: 'print a completion script',
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'help',
    group: 'Care',
    usage: '[COMMAND | TOPIC]',
    summary: 'topics: exit-codes environment plan json states',
    load: () => import('./commands/help.ts'),
  },
  {
    name: 'version',
    group: 'Care',
    usage: '',
    summary: 'print the version',
    load: () => import('./commands/version.ts'),
  },
];

/** Names from other tools, kept for the fingers that know them: the words they stand for. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  'worktree create': ['prepare'],
  'worktree validate': ['verify'],
  'worktree merge': ['merge'],
  'worktree cleanup': ['cleanup'],
  coordinate: ['status'],
  monitor: ['status'],
  spawn: ['run'],
  execute: ['run'],
  execute_parallel_batch: ['run'],
  'exec-lane': ['run'],
  'run-agent': ['run'],
  full: ['run', '--full'],
  'add-lane': ['plan', 'add'],
  'auto-merge': ['merge'],
  compare_benchmarks: ['verify'],
  'setup-worktrees': ['prepare'],
  setup_worktrees: ['prepare'],
  'merge-order': ['order'],
  ls: ['status'],
  st: ['status'],
};

/** Commands of later versions, and what to do meanwhile. */
export const LATER_COMMANDS: Readonly<Record<string, string>> = {
  watch: 'copse status --watch',
  serve: 'copse status --watch',
  review: 'copse diff ID',
  'review-loop': 'copse diff ID',
  attach: 'copse logs ID -f',
  open: 'copse diff ID',
  probe: 'copse run "prompt"',
  probes: 'copse run "prompt"',
  assign: 'copse prepare ID',
  start: 'copse run ID',
  complete: 'copse verify ID',
  signal: 'copse verify ID',
  unblock_agents: 'copse resume',
  cost: 'copse report',
  risks: 'copse status',
  agents: 'copse doctor',
  config: 'copse doctor',
  mcp: 'copse events -f',
  hooks: 'copse events -f',
};

/** `words` with a synonym at the front replaced by what it stands for. */
export function replaceSynonym(words: readonly string[]): readonly string[] {
  for (const length of [2, 1]) {
    const front = words.slice(0, length).join(' ');
    if (words.length >= length && Object.hasOwn(SYNONYMS, front))
      return [...(SYNONYMS[front] ?? []), ...words.slice(length)];
  }
  return words;
}

export function commandNamed(name: string): CommandEntry | null {
  return COMMANDS.find((command) => command.name === name) ?? null;
}
