import { describe, expect, test } from 'vitest';
import { conditionOf, loopIn, type VitalSigns } from './condition.ts';
import type { AgentEvent, ErrorClass } from './events.ts';

const still = (more: Partial<VitalSigns> = {}): VitalSigns => ({
  outputAgeMs: 240_000,
  filesAgeMs: null,
  cpu: 'idle',
  ...more,
});
const call = (detail: string): AgentEvent => ({ kind: 'tool', name: 'Bash', detail, outcome: 'called' });
const ended: AgentEvent = { kind: 'tool', name: 'Bash', detail: '', outcome: 'ok' };
const said: AgentEvent = { kind: 'text', text: 'I will look.' };
const trouble = (name: ErrorClass): AgentEvent => ({
  kind: 'retry',
  error: { class: name, message: `${name}!`, resetsAtMs: null, resetInMs: null },
  delayMs: null,
});
const done: AgentEvent = { kind: 'done', ok: true, reason: '' };

describe('an agent that is still', () => {
  test.each<[string, readonly AgentEvent[], VitalSigns, object]>([
    ['wrote a moment ago', [said], still({ outputAgeMs: 3_000 }), { kind: 'working' }],
    ['changes files', [said], still({ filesAgeMs: 2_000 }), { kind: 'working' }],
    ['runs something long', [call('npm test')], still({ cpu: 'busy' }), { kind: 'busy', stillMs: 240_000 }],
    ['does nothing at all', [said], still(), { kind: 'silent', stillMs: 240_000, isCertain: true }],
    ['cannot be looked into', [said], still({ cpu: 'unknown' }), { kind: 'silent', isCertain: false }],
    ['changed a file since', [], still({ filesAgeMs: 90_000 }), { kind: 'silent', stillMs: 90_000 }],
    ['is held off by its model', [said, trouble('rate_limit')], still(), { kind: 'limited' }],
    ['is not let in', [trouble('auth')], still(), { kind: 'refused', detail: 'auth!' }],
    ['waits for a model that hangs', [trouble('hung')], still({ outputAgeMs: 5_000 }), { kind: 'hung' }],
    ['overcame its limit', [trouble('rate_limit'), said], still({ outputAgeMs: 1 }), { kind: 'working' }],
    ['asked', [{ kind: 'ask', id: 'q', what: 'may I?' }], still(), { kind: 'asking', what: 'may I?' }],
    ['is done and has not exited', [said, done], still(), { kind: 'finished', stillMs: 240_000 }],
    ['is done this moment', [said, done], still({ outputAgeMs: 100 }), { kind: 'working' }],
    ['prints only text', [{ kind: 'other', text: 'x' }], still(), { kind: 'silent' }],
  ])('%s', (_, recent, signs, expected) => {
    expect(conditionOf(recent, signs)).toMatchObject(expected);
  });
});

describe('a loop', () => {
  const times = (count: number, ...round: readonly string[]): readonly AgentEvent[] =>
    Array.from({ length: count }, () => round.flatMap((detail) => [call(detail), ended])).flat();

  test('is the same call again and again, or the same few', () => {
    expect(loopIn(times(9, 'npm test'))).toEqual({ what: 'Bash npm test', times: 9 });
    expect(loopIn([call('ls'), ...times(7, 'cat a', 'npm test')])).toEqual({
      what: 'Bash cat a, Bash npm test',
      times: 7,
    });
  });

  test('is told also while it prints', () => {
    const signs = still({ outputAgeMs: 10, cpu: 'busy' });
    expect(conditionOf(times(8, 'npm test'), signs)).toMatchObject({ kind: 'looping', times: 8 });
  });

  test('is not a few repeats, and not one that was left', () => {
    expect(loopIn(times(5, 'npm test'))).toBeNull();
    expect(loopIn([...times(9, 'npm test'), call('git commit')])).toBeNull();
    expect(loopIn(Array.from({ length: 20 }, (_, at) => call(`cat ${at}`)))).toBeNull();
  });
});
