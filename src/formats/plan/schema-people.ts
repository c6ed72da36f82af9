/** Keys about people: approvals, and whom to tell. */
import { z } from 'zod';
import { flag, line, oneOrMany, positive, settings, variableName, word } from './schema-values.ts';

const APPROVAL = { error: 'expected true, false, or a map with required and from' };

export const approval = z.union(
  [
    flag,
    settings({
      required: positive
        .max(20, { error: 'expected at most 20' })
        .optional()
        .describe('Different people who say yes. Default: 1.'),
      from: oneOrMany(line, 'a name').optional().describe('Who may. Default: anyone.'),
    }),
  ],
  APPROVAL,
);

const WHERE = { error: 'expected desktop, or an address that begins with http:// or https://' };

const channel = settings({
  to: z
    .string(WHERE)
    .regex(/^(?:desktop|https?:\/\/[^\s"'<>\\]{1,2000})$/, WHERE)
    .describe('`desktop`, or the address of a webhook.'),
  on: oneOrMany(word(['needs_you', 'failed', 'done']), 'a moment')
    .optional()
    .describe(
      '`needs_you`: something waits for a person. `failed`: a task failed. `done`: the run ended. Default: all.',
    ),
  secret_env: variableName
    .optional()
    .describe('Environment variable with a secret; each message is signed with it (HMAC-SHA256).'),
});

/** Text comes first: alternatives are tried in order. */
export const notify = oneOrMany(
  z.union([word(['desktop']), channel], { error: 'expected desktop, or a map with to and on' }),
  'desktop, or a map with to and on',
);

export type ApprovalFile = z.infer<typeof approval>;
export type NotifyFile = z.infer<typeof notify>;
