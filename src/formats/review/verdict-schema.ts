/** The verdict as a JSON schema, for clients that hold their last answer to one. Every key is required: some ask for that. */
import { MAX_SCORE, MIN_SCORE, SEVERITIES } from '../../core/review/model.ts';

const object = (properties: Readonly<Record<string, unknown>>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

const verdictSchema = object({
  commit: { type: 'string', description: 'The commit under review.' },
  score: { type: 'integer', minimum: MIN_SCORE, maximum: MAX_SCORE },
  summary: { type: 'string' },
  findings: {
    type: 'array',
    items: object({
      severity: { type: 'string', enum: [...SEVERITIES] },
      file: { type: ['string', 'null'] },
      line: { type: ['integer', 'null'] },
      title: { type: 'string' },
      detail: { type: 'string' },
    }),
  },
  earlier: {
    type: 'array',
    items: object({ id: { type: 'string' }, status: { type: 'string', enum: ['open', 'resolved'] } }),
  },
});

/** On one line: it is an argument of some clients. */
export const VERDICT_SCHEMA = JSON.stringify(verdictSchema);
