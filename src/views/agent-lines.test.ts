import { expect, test } from 'vitest';
import { eventsOf, recording } from '../../test/support/recordings.ts';
import { AgentLines } from './agent-lines.ts';

test('words, tool calls in one line each, and what was used', () => {
  const lines = new AgentLines('claude');
  const text = lines.push(eventsOf('claude', recording('claude'))) + lines.end();
  expect(text.split('\n')).toEqual([
    '· session 58876f88-38c1-4193-b6cf-7606df707893, model claude-sonnet-4-5',
    '→ Bash mkdir -p src',
    'I will add the greeting module.',
    '→ Write /work/src/greet.mjs',
    String.raw`→ Bash printf 'one more line\n' >> README.md`,
    "→ Bash git add -A && git commit -q -m 'Add greeting module' && git rev-parse --short HEAD",
    'Done: added src/greet.mjs and committed.',
    '· used: 4.0k in, 1.0k cached, 250 out, $0.0161',
    '',
  ]);
});

test('trouble is told with its pause, records nobody knows are counted', () => {
  const lines = new AgentLines('codex');
  const text = lines.push(eventsOf('codex', `{"type":"new"}\n${recording('codex.limited')}`)) + lines.end();
  expect(text).toContain('! ended: exceeded retry limit, last status: 429 Too Many Requests');
  expect(text).toContain('· 2 records of the client are not shown (--raw)');
});
