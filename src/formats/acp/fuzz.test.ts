import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AcpTurn, type Effect, type Input } from './client.ts';
import { OPTIONS } from './test-support.ts';
import { readMessage } from './wire.ts';

describe('whatever an agent sends', () => {
  const json = fc.oneof(fc.jsonValue(), fc.string());
  const method = fc.constantFrom(
    'session/update',
    'session/request_permission',
    'fs/read_text_file',
    'fs/write_text_file',
    'terminal/create',
    'x',
  );
  const update = fc.record(
    {
      sessionUpdate: fc.constantFrom(
        'tool_call',
        'tool_call_update',
        'agent_message_chunk',
        'usage_update',
        'plan',
      ),
      toolCallId: json,
      status: fc.constantFrom('completed', 'failed', 'pending', 3),
      content: json,
      locations: json,
      rawInput: json,
      cost: json,
    },
    { requiredKeys: ['sessionUpdate'] },
  );
  const params = fc.oneof(
    json,
    fc.record({ sessionId: fc.constantFrom('new', 'x'), update }),
    fc.record({ path: json, content: json, toolCall: json, options: json }),
  );
  const message = fc.oneof(
    json.map((value) => JSON.stringify(value)),
    fc
      .record({ id: fc.oneof(fc.nat(5), json), method, params }, { requiredKeys: [] })
      .map((value) => JSON.stringify(value)),
    fc
      .record({ id: fc.nat(6), result: json, error: json }, { requiredKeys: ['id'] })
      .map((value) => JSON.stringify(value)),
    fc.string(),
  );
  const input: fc.Arbitrary<Input> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(message, fc.boolean()).map(([text, isCut]): Input => ({
        kind: 'message',
        message: readMessage({ text, isCut: isCut && text.length % 7 === 0 }),
      })),
    },
    fc.record({
      kind: fc.constant('judged' as const),
      ticket: fc.nat(4),
      outside: fc.array(fc.string(), { maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('answered' as const),
      ticket: fc.nat(4),
      answer: fc.constant({ kind: 'allow' as const, by: 'x' }),
    }),
    fc.record({
      kind: fc.constant('file' as const),
      ticket: fc.nat(4),
      answer: fc.constant({ kind: 'written' as const }),
    }),
    fc.constant<Input>({ kind: 'cancel' }),
    fc.constant<Input>({ kind: 'quiet' }),
  );

  test('every request is answered at most once, and the turn ends exactly once with a class', () => {
    fc.assert(
      fc.property(
        fc.array(input, { maxLength: 40 }),
        fc.constantFrom('edit', 'plan', 'full', 'ask' as const),
        fc.boolean(),
        (inputs, permissions, isNew) => {
          const machine = new AcpTurn({
            ...OPTIONS,
            permissions,
            session: isNew ? null : 'old',
            freshPrompt: 'all',
          });
          const effects: Effect[] = [...machine.take({ kind: 'start' })];
          let asked = 0;
          for (const one of inputs) {
            if (one.kind === 'message' && (one.message.kind === 'request' || one.message.kind === 'oversize'))
              asked += 1;
            effects.push(...machine.take(one));
          }
          effects.push(...machine.take({ kind: 'closed', how: 'exited', words: '' }));
          const replies = effects.filter((effect) => effect.kind === 'send' && !('method' in effect.message));
          expect(replies.length).toBeLessThanOrEqual(asked);
          const ends = effects.filter((effect) => effect.kind === 'finish');
          expect(ends).toHaveLength(1);
          expect(effects.at(-1)).toBe(ends[0]);
          expect(machine.isFinished).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
