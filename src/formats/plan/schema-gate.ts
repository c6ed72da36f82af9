import { z } from 'zod';
import {
  count,
  duration,
  environment,
  id,
  line,
  oneOrMany,
  repoPath,
  settings,
  share,
  text,
  word,
} from './schema-values.ts';

const threshold = z.number({ error: 'expected a number' });
const severity = word(['blocker', 'warning']);

export const metric = settings({
  regex: text
    .optional()
    .describe(
      'JavaScript regular expression; its first group is the value. Read from the output, or from `file`.',
    ),
  json: text
    .regex(/^\$/, { error: 'expected a JSON path that begins with $' })
    .optional()
    .describe('JSON path such as `$.results[*].mean_ns`. Read from the output, or from `file`.'),
  report: word(['junit', 'tap', 'lcov']).optional().describe('A test or coverage report of a known format.'),
  field: z
    .string({ error: 'expected the name of a field' })
    .regex(/^[a-z_]+$/, { error: 'expected the name of a field' })
    .optional()
    .describe('What to take from the report. Default: `passed` (junit, tap), `lines` (lcov).'),
  file: repoPath
    .optional()
    .describe('File the gate leaves behind, relative to the checkout. Default: its output.'),
  aggregate: word(['sum', 'min', 'max', 'mean', 'last', 'first', 'count'])
    .optional()
    .describe('How several values become one. Default: `last`.'),
  min: threshold.optional().describe('Smallest value that passes.'),
  max: threshold.optional().describe('Largest value that passes.'),
  equals: threshold.optional().describe('The only value that passes.'),
  max_regression: share.optional().describe('Allowed worsening against the baseline, such as `5%`.'),
  better: word(['higher', 'lower']).optional().describe('Which way is better. Default: `higher`.'),
  baseline: z
    .union(
      [
        z.literal('base'),
        z.number(),
        repoPath,
        settings({
          file: repoPath.describe('File read at the tip of the target branch.'),
          json: text.optional().describe('JSON path inside that file.'),
        }),
      ],
      { error: 'expected base, a number, a file, or {file, json}' },
    )
    .optional()
    .describe(
      '`base` (measured on the merge base), a number, a file on the target, or `{file, json}`. Default: `base` when `max_regression` is given.',
    ),
  severity: severity.optional().describe("Default: the gate's."),
});

export const gateMap = settings({
  run: text.describe('Shell command, run in a clean checkout of the tree under test. Exit code 0 passes.'),
  timeout: duration.optional().describe('Default: 30m.'),
  retries: count
    .max(10, { error: 'expected at most 10' })
    .optional()
    .describe('Extra tries of a red result; a pass after a red one is marked flaky. Default: 0.'),
  at: oneOrMany(word(['wave', 'task', 'merge', 'phase', 'end']), 'a stage')
    .optional()
    .describe(
      'Where it runs: `wave`, `task` (the branch), `merge` (the merged result), `end` (once, when everything has landed). Default: `[task, merge]`.',
    ),
  severity: severity
    .optional()
    .describe('`blocker` stops the landing, `warning` is reported. Default: `blocker`.'),
  lock: line.optional().describe('No two gates with the same lock run at once.'),
  env: environment.optional().describe('Environment variables of the command.'),
  cwd: repoPath.optional().describe('Directory of the command inside the checkout.'),
  metrics: z
    .record(id, metric, { error: 'expected a map of metrics' })
    .optional()
    .describe('Numbers read from the run, each with its threshold.'),
});

export const gate = z.union([gateMap, text], { error: 'expected a command or a map with run' });

export type GateFile = z.infer<typeof gate>;
export type MetricFile = z.infer<typeof metric>;
