import { z } from 'zod';
import { approval } from './schema-people.ts';
import {
  count,
  duration,
  flag,
  glob,
  id,
  line,
  oneOrMany,
  positive,
  repoPath,
  settings,
  text,
  word,
} from './schema-values.ts';

const WORK = {
  error: 'expected an amount of work such as 30m, 4h, 3d (a day is 8 hours) or 2w (a week is 5 days)',
};

const ROUNDS = { error: 'expected a number of rounds from 1 to 20' };
const SCORE = { error: 'expected a score from 1 to 10' };

const reviewMap = settings({
  min_score: z
    .int(SCORE)
    .min(1, SCORE)
    .max(10, SCORE)
    .optional()
    .describe('Lowest score that is accepted, 1 to 10. Default: 10, nothing left to change.'),
  max_iterations: z
    .int(ROUNDS)
    .min(1, ROUNDS)
    .max(20, ROUNDS)
    .optional()
    .describe('Rounds before the review ends without agreement. Default: 5.'),
  on_fail: word(['escalate', 'fail', 'warn'])
    .optional()
    .describe(
      'Without agreement: a person is asked (`escalate`), the task has failed (`fail`), or its work goes on with the findings on record (`warn`). Default: `escalate`.',
    ),
  agent: id.optional().describe("Who judges. Default: `roles.review`, else the task's own agent."),
});

export const review = z.union([flag, reviewMap], {
  error: 'expected false, true, or a map with min_score, max_iterations, on_fail and agent',
});

const amount = z
  .string(WORK)
  .regex(/^(?:\d+(?:\.\d+)?(?:m|h|d|w))+$/, WORK)
  .describe('`30m`, `4h`, `3d` (a day is 8 working hours), `2w` (a week is 5 days).');

export const estimate = z.union(
  [amount, settings({ low: amount.optional(), likely: amount, high: amount.optional() })],
  { error: 'expected an amount of work such as 4h, or {low, likely, high}' },
);

/** A whole number is read as an id: `needs: 3`. */
const reference = z.union([z.string(), z.int()], { error: 'expected the id of a task' });

const needMap = settings({
  task: reference.describe('Id of the task that is needed.'),
  when: word(['merged', 'verified', 'started', 'completed'])
    .optional()
    .describe(
      '`merged` (on the target), `verified` (gates passed), `started`, `completed` (ended, also if failed). Default: `merged`.',
    ),
});

const NEED = { error: 'expected the id of a task, or a map with task and when' };
const NEEDS = { error: 'expected the id of a task, a map with task and when, or a list of them' };

/** Text comes first in these unions: alternatives are tried in order, and a failed map costs ten times as much. */
const need = z.union([z.string(), z.int(), needMap], NEED);

export const needs = z.union([z.string(), z.array(need), z.int(), needMap], NEEDS);

const PRIORITY = { error: 'expected critical, high, medium, low, or a number from 0 (first) to 4 (last)' };

export const priority = z.union(
  [word(['critical', 'high', 'medium', 'low']), z.int(PRIORITY).min(0, PRIORITY).max(4, PRIORITY)],
  PRIORITY,
);

const cause = word(['crash', 'timeout', 'stall', 'no_change', 'gate', 'rate_limit', 'violation']);

export const retries = z.union(
  [
    count.max(100, { error: 'expected at most 100' }),
    settings({
      max: count
        .max(100, { error: 'expected at most 100' })
        .optional()
        .describe('Attempts beyond the first, for one wave.'),
      backoff: word(['none', 'fixed', 'exponential'])
        .optional()
        .describe('How the wait between attempts grows.'),
      delay: duration.optional().describe('Wait before the first retry.'),
      on: oneOrMany(cause, 'a cause').optional().describe('What is tried again.'),
    }),
  ],
  { error: 'expected a number, or a map with max, backoff, delay and on' },
);

export const budget = settings({
  usd: z
    .number({ error: 'expected a number' })
    .positive({ error: 'expected a number above 0' })
    .optional()
    .describe('Dollars, as the agents tell them or as estimated from the prices.'),
  tokens: positive.optional().describe('Tokens of all kinds together.'),
  time: duration.optional().describe('Of a task: all its attempts together. Of the run: from its start.'),
  on_exceed: word(['pause', 'stop', 'warn'])
    .optional()
    .describe(
      '`pause` starts nothing more until a person says so, `stop` ends what runs too, `warn` only says it. Default: `pause`.',
    ),
});

const waveMap = settings({
  id: id.optional().describe('Default: its number.'),
  title: line.optional().describe('Default: the first line of its prompt.'),
  prompt: text.optional().describe('What this wave asks for, after the prompt of the task.'),
  spec: repoPath.optional().describe('File that holds the prompt.'),
  review: flag
    .optional()
    .describe('`false`: not judged on its own; the review of a later wave sees it too. Default: `true`.'),
  approval: approval
    .optional()
    .describe('Of people, before the next wave begins: `true`, or `{required, from}`.'),
  gates: oneOrMany(id, 'the name of a gate')
    .optional()
    .describe('Gates that must pass when this wave is complete, besides those of the task.'),
});

export const wave = z.union([waveMap, text], { error: 'expected text or a map' });

const gateNames = oneOrMany(id, 'the name of a gate');
const agentNames = oneOrMany(id, 'the name of an agent');

/** Keys that a task has and `defaults` may set for all tasks. */
export const sharedShape = {
  agent: id.optional().describe('Name of the agent that does it.'),
  fallback: agentNames
    .optional()
    .describe('Agents tried in order when the retries of the one before are used up.'),
  role: word(['implement']).optional().describe('Only `implement`.'),
  gates: gateNames
    .optional()
    .describe(
      'Gates that must pass on its branch. Default: all gates of the plan. Gates with `at: merge` judge everything that lands, listed or not.',
    ),
  priority: priority
    .optional()
    .describe('`critical`, `high`, `medium`, `low`, or 0 (first) to 4 (last). Default: `medium`.'),
  estimate: estimate
    .optional()
    .describe('Amount of work: `4h`, `3d` (a day is 8 hours), or `{low, likely, high}`. Default: 1h.'),
  retries: retries.optional().describe('A number, or `{max, backoff, delay, on}`.'),
  timeout: duration.optional().describe('Longest time of one attempt. Default: 1h.'),
  stall: duration
    .optional()
    .describe('An attempt with no output and no file change for this long is ended. Default: 10m.'),
  budget: budget.optional().describe('What one task may use, all attempts together.'),
  review: review
    .optional()
    .describe(
      'Another agent judges the work once its gates are green: `false`, `true`, or how. Default: `review` of the plan.',
    ),
  approval: approval
    .optional()
    .describe(
      'Of people, once its gates have passed and before it may land: `true`, or `{required, from}`. Default: false.',
    ),
};

export const taskMap = settings({
  id: id
    .optional()
    .describe('Only in a list of tasks; in a map the key is the id. Default: made from the title.'),
  title: line.optional().describe('Default: the first line of the prompt.'),
  prompt: text.optional().describe('What the agent is asked to do.'),
  spec: repoPath.optional().describe('File that holds the prompt.'),
  needs: needs.optional().describe('Tasks that must come first: an id, a list, or `{task, when}`.'),
  scope: oneOrMany(glob, 'a path pattern').optional().describe('Paths it may touch; `!` excludes.'),
  waves: z
    .array(wave, { error: 'expected a list of waves' })
    .min(1, { error: 'expected at least one wave' })
    .max(1_000, { error: 'expected at most 1000 waves' })
    .optional()
    .describe('Steps in order, each with its own prompt and gates.'),
  accept: oneOrMany(text, 'text')
    .optional()
    .describe('Acceptance criteria, given to the agent and put into the merge message.'),
  locks: oneOrMany(line, 'the name of a lock')
    .optional()
    .describe('Tasks that name the same lock never run at once.'),
  exclusive: flag.optional().describe('Nothing else runs beside it.'),
  issue: positive.optional().describe('Number of the issue it resolves.'),
  mode: word(['agent', 'manual']).optional().describe('Who does it.'),
  ...sharedShape,
});

export const task = z.union([taskMap, text], { error: 'expected the prompt of a task, or a map' });

export type ReviewFile = z.infer<typeof review>;
export type TaskFile = z.infer<typeof taskMap>;
export type WaveFile = z.infer<typeof wave>;
export type NeedsFile = z.infer<typeof needs>;
export type EstimateFile = z.infer<typeof estimate>;
export type RetriesFile = z.infer<typeof retries>;
export type BudgetFile = z.infer<typeof budget>;
