/**
 * The plan file as one schema: validation, types, `schema/plan.v1.json` and `docs/reference/plan.md` come from it.
 * It only validates; `normalize.ts` gives values their meaning and defaults. Keys with behaviour that comes later are
 * in `availability.ts`.
 */
import { z } from 'zod';
import { STREAM_FORMATS } from '../../core/agents/formats.ts';
import { ACP_PERMISSIONS } from '../../core/agents/permissions.ts';
import { gate } from './schema-gate.ts';
import { budget, review, sharedShape, task } from './schema-task.ts';
import { notify } from './schema-people.ts';
import {
  count,
  duration,
  environment,
  flag,
  glob,
  id,
  line,
  oneOrMany,
  positive,
  repoPath,
  settings,
  share,
  size,
  text,
  variableName,
  word,
} from './schema-values.ts';

const agentMap = settings({
  use: id
    .optional()
    .describe(
      'A built-in agent (`demo`, `claude`, `codex`, `gemini`, `opencode`, `qwen`, `copilot`, `aider`, `amp`, `cline`, `kilo`; over ACP `gemini-acp`, `opencode-acp`, `qwen-acp`, `claude-acp`, `codex-acp`, `copilot-acp`), or another agent of this plan that this one builds on.',
    ),
  run: text
    .optional()
    .describe(
      'Shell command that starts the agent. `{prompt}`, `{prompt_file}`, `{worktree}`, `{task}` … are replaced by quoted values.',
    ),
  acp: text
    .optional()
    .describe(
      'Shell command that starts an agent which speaks the Agent Client Protocol on its standard streams.',
    ),
  prompt_via: word(['arg', 'stdin', 'file'])
    .optional()
    .describe(
      'How the prompt reaches the command. Default: by the placeholder that `run` has, else `stdin`.',
    ),
  pass_env: oneOrMany(variableName, 'the name of an environment variable')
    .optional()
    .describe("Environment variables passed on from the user's environment."),
  env: environment.optional().describe('Environment variables of the agent.'),
  parallel: positive.optional().describe('Most attempts of this agent at once.'),
  instructions: text.optional().describe('Put before every prompt: text, or the path of a .md or .txt file.'),
  permissions: word(ACP_PERMISSIONS)
    .optional()
    .describe(
      'What the agent may do: `edit` its folder, only read (`plan`), everything (`full`), or what a person allows (`ask`, for agents that speak ACP). Default: `edit`.',
    ),
  model: line.optional().describe('Model of a built-in agent; for a command, whose price its tokens have.'),
  args: oneOrMany(line, 'an argument')
    .optional()
    .describe('More arguments for a built-in agent, each a word of its own.'),
  account: id
    .optional()
    .describe(
      'Agents with the same account share its rate limit and its login. Default: the built-in agent, else its own name.',
    ),
  output: word(STREAM_FORMATS)
    .optional()
    .describe(
      'Language in which a command prints its progress: session, tools and usage are read from it. Default: `text`.',
    ),
  resume: text
    .optional()
    .describe('Shell command that goes on with the conversation `{session}` of an earlier attempt.'),
  fallback: oneOrMany(id, 'the name of an agent')
    .optional()
    .describe('Agents tried in order when the retries of this one are used up.'),
});

const agent = z.union([agentMap, text], { error: 'expected a command, or a map with use or run' });

const workspace = settings({
  isolation: word(['worktree', 'clone'])
    .optional()
    .describe('A linked worktree, or a private shared clone. Default: `worktree`.'),
  base: line.optional().describe('Branch, tag or commit the work starts from. Default: the target branch.'),
  branch: line
    .optional()
    .describe(
      'Name of the branch of a task, over `{plan}`, `{task}`, `{repo}`, `{run}`. Default: `copse/{task}`.',
    ),
  path: line
    .optional()
    .describe('Folder of the worktree, relative to the repository. Default: `../{repo}.worktrees/{task}`.'),
  setup: oneOrMany(text, 'a command')
    .optional()
    .describe('Shell commands run in each new worktree and each gate checkout, in order.'),
  setup_timeout: duration.optional().describe('Of all set-up commands together. Default: 15m.'),
  copy: oneOrMany(repoPath, 'a path')
    .optional()
    .describe("Ignored files of the user's checkout that are copied into each worktree."),
  link: oneOrMany(repoPath, 'a path')
    .optional()
    .describe("Ignored files of the user's checkout that are linked into each worktree."),
  ports: oneOrMany(variableName, 'the name of an environment variable')
    .optional()
    .describe('Environment variables that each get a free port of their own.'),
  env: environment.optional().describe('Environment variables of agents, set-up and gates.'),
  keep: word(['never', 'on_failure', 'always'])
    .optional()
    .describe('Which worktrees stay. Default: `on_failure`.'),
});

const merge = settings({
  order: z
    .literal('auto', { error: 'expected auto' })
    .optional()
    .describe('Only `auto`: by needs, priority and arrival.'),
  into: line.optional().describe('Branch that work lands on. Default: detected.'),
  strategy: word(['merge', 'squash', 'rebase']).optional().describe('Default: `merge`.'),
  slots: positive.max(256, { error: 'expected at most 256' }).optional().describe('Trees tested at once.'),
  every_commit: flag
    .optional()
    .describe(
      'Every first-parent commit of the target is green, not only its published tips. Default: false.',
    ),
  on_failure: word(['eject', 'stop', 'rollback'])
    .optional()
    .describe(
      'A change that fails is left out (`eject`), or landing stops (`stop`). `rollback`: left out, and a landed change that turns the gates `at: end` red is taken back. Default: `eject`.',
    ),
  update: word(['auto', 'offer', 'never'])
    .optional()
    .describe(
      'Between two attempts a branch takes the target in when they conflict or something landed in its files (`auto`), or `status` says how (`offer`). Default: `auto`.',
    ),
  tag: line
    .optional()
    .describe('Tag on the tip of the target when a run has ended green, over `{plan}` and `{run}`.'),
  via: word(['local', 'github', 'none']).optional().describe('Default: `local`.'),
  conflicts: z
    .array(word(['auto', 'structural', 'candidates', 'agent', 'human']), {
      error: 'expected a list of auto, structural, candidates, agent, human',
    })
    .optional()
    .describe(
      'What is tried on a text conflict, in order; the gates run on each result. `auto`: a resolution recorded earlier. `structural`: mergiraf, where installed. `candidates`: both sides, theirs, ours; the first that is green lands. `agent`: the resolver. `human`: `copse resolve`. Default: `[auto, human]`.',
    ),
  resolver: id
    .optional()
    .describe("The agent that resolves conflicts. Default: `roles.resolve`, else the task's own agent."),
  require: oneOrMany(word(['gates', 'review', 'approvals']), 'a requirement')
    .optional()
    .describe('What landing needs. Default: `gates`.'),
});

const conflicts = settings({
  on_overlap: word(['serialize', 'warn', 'allow'])
    .optional()
    .describe(
      'Tasks that are likely to change the same files: one after the other, together with a warning, or together. Default: `serialize`.',
    ),
  enforce_scope: word(['off', 'warn', 'block'])
    .optional()
    .describe('Changes outside the declared scope. Default: `warn`.'),
  ignore: oneOrMany(glob, 'a path pattern').optional().describe('Paths that do not count as overlap.'),
});

const limits = settings({
  parallel: positive
    .max(1_000, { error: 'expected at most 1000' })
    .optional()
    .describe('Attempts at once. Default: by the machine.'),
  cpu: share.optional().describe('Load above which nothing new starts, such as `80%`.'),
  memory: share.optional().describe('Memory use above which nothing new starts.'),
  disk_free: size.optional().describe('Free space below which nothing new starts, such as `5GB`.'),
  per_task: settings({
    cpus: z
      .number({ error: 'expected a number' })
      .positive({ error: 'expected a number above 0' })
      .optional()
      .describe('Processors of one attempt.'),
    memory: size.optional().describe('Memory of one attempt.'),
  })
    .optional()
    .describe('Caps of one attempt, where the system can hold them.'),
  agents: z
    .record(id, count, { error: 'expected a map of agent names to numbers' })
    .optional()
    .describe('Most attempts at once by agent.'),
});

const defaults = settings(sharedShape);

const money = z.number({ error: 'expected a number' }).min(0, { error: 'expected 0 or more' });

/** The beginning of a model's name. */
const modelName = line.regex(/^[\w./:@-]{1,100}$/, { error: 'expected the name of a model' });

const price = settings({
  input: money.describe('Tokens sent that were not cached.'),
  output: money.describe('Tokens received.'),
  cache_read: money.optional().describe('Tokens read from the cache. Default: a tenth of `input`.'),
  cache_write: money.optional().describe('Tokens written to the cache. Default: as `input`.'),
});

export const planSchema = settings({
  version: z.literal(1, { error: 'expected 1' }).optional().describe('Version of this format. Default: 1.'),
  name: id.optional().describe('Default: the name of the folder, or `plan`.'),
  goal: text.optional().describe('What all of it is for; given to every agent.'),
  agents: z
    .record(id, agent, { error: 'expected a map of agents' })
    .optional()
    .describe('How agents are started: a command, or a map.'),
  roles: settings({
    implement: id.optional().describe('Agent of tasks that name none.'),
    review: id.optional().describe("Agent that judges work, where `review` is on. Default: the task's own."),
    resolve: id.optional().describe("Agent that resolves conflicts. Default: the task's own."),
  })
    .optional()
    .describe('Which agent has which role.'),
  defaults: defaults.optional().describe('What every task inherits and may override.'),
  workspace: workspace.optional().describe('The worktree and branch of each task.'),
  gates: z
    .record(id, gate, { error: 'expected a map of gates' })
    .optional()
    .describe('Checks that work must pass: a command, or a map.'),
  tasks: z
    .union([z.record(id, task), z.array(task)], { error: 'expected a list or a map of tasks' })
    .describe('The work: a list of prompts or maps, or a map from id to prompt or map.'),
  review: review
    .optional()
    .describe(
      'Another agent judges the work of every task once its gates are green, and its author puts right what it found: `false`, `true`, or how. Default: `false`.',
    ),
  merge: merge.optional().describe('How work lands.'),
  conflicts: conflicts.optional().describe('What is done about tasks that touch the same files.'),
  limits: limits.optional().describe('How much of the machine is used.'),
  budget: budget.optional().describe('What the whole run may use.'),
  notify: notify
    .optional()
    .describe(
      'Who is told when something waits for a person, fails or is done: `desktop`, or `{to, on}`, or a list.',
    ),
  prices: z
    .record(modelName, price, { error: 'expected a map of models to prices' })
    .optional()
    .describe(
      'Prices of models, in dollars per million tokens, for agents that tell no cost; they go before the list prices.',
    ),
});

export type PlanFile = z.infer<typeof planSchema>;
export type PricesFile = Readonly<Record<string, z.infer<typeof price>>>;
export type AgentFile = z.infer<typeof agent>;
export type WorkspaceFile = z.infer<typeof workspace>;
export type DefaultsFile = z.infer<typeof defaults>;
