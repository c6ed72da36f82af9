import { describe, expect, test } from 'vitest';
import type { AgentError, ErrorClass } from '../agents/events.ts';
import type { StreamEnding, StreamFacts } from '../agents/stream-facts.ts';
import type { RepoPath } from '../ids.ts';
import { type AskTerms, firstAsk, MAX_ASKS, nextAsk, type ReviewAsk, type ShownTurn } from './next-ask.ts';
import type { Verdict } from './verdict.ts';

const HEAD = '0123456789abcdef';
const TERMS: AskTerms = {
  request: { commit: HEAD, open: [], ofPeople: [], minScore: 8, isFirst: true },
  session: 's0',
  canResume: true,
};
const VERDICT: Verdict = { commit: HEAD, score: 10, summary: '', findings: [], earlier: [] };
const EXITED = { code: 0, signal: null, cause: 'exited', detail: null } as const;
const UNREADABLE = { kind: 'unreadable', why: 'there is no verdict in it' } as const;

const error = (of: ErrorClass): AgentError => ({
  class: of,
  message: `${of} it is`,
  resetsAtMs: null,
  resetInMs: null,
});
const failed = (of: ErrorClass): StreamEnding => ({ kind: 'failed', error: error(of) });

function stream(more: Partial<StreamFacts> = {}): StreamFacts {
  return {
    session: 's1',
    model: null,
    tokens: null,
    usd: null,
    threadTokens: null,
    threadUsd: null,
    isPartial: false,
    tools: 0,
    denied: 0,
    retries: 0,
    hasBegun: true,
    lastText: '',
    ending: { kind: 'ok' },
    ...more,
  };
}

/** Ended well, with a verdict, in conversation `s1`. */
function shown(more: Partial<ShownTurn> = {}): ShownTurn {
  return { exit: EXITED, stream: stream(), reading: { kind: 'read', verdict: VERDICT }, ...more };
}

function ask(more: Partial<ReviewAsk> = {}): ReviewAsk {
  return { ...firstAsk(TERMS), ...more };
}

const LAST = ask({ number: MAX_ASKS });

test('the first question goes on with the conversation of the round before', () => {
  expect(firstAsk(TERMS)).toEqual({ number: 1, session: 's0', fault: null });
  expect(firstAsk({ session: null })).toEqual({ number: 1, session: null, fault: null });
});

describe('the review ends', () => {
  const limited = stream({ ending: failed('rate_limit') });
  const crashed = (exit: Partial<NonNullable<ShownTurn['exit']>>) => shown({ exit: { ...EXITED, ...exit } });
  const cases: readonly [sentence: string, turn: ShownTurn, outcome: object, session: string | null][] = [
    ['with a verdict that can be taken', shown(), { kind: 'verdict', verdict: VERDICT }, 's1'],
    [
      'cancelled when nobody wants it any more, whatever was said before',
      shown({ exit: null, stream: limited }),
      { kind: 'cancelled' },
      's1',
    ],
    [
      'at a limit of the account, with the conversation as it was before the turn',
      shown({ stream: limited }),
      { kind: 'limit', error: error('rate_limit') },
      's0',
    ],
    [
      'at a limit also when the process failed of it',
      shown({ exit: { ...EXITED, code: 1 }, stream: limited }),
      { kind: 'limit', error: error('rate_limit') },
      's0',
    ],
    [
      'at a refused login',
      shown({ stream: stream({ ending: failed('auth') }) }),
      { kind: 'limit', error: error('auth') },
      's0',
    ],
    [
      'at a limit that it retried and broke off at',
      shown({ stream: stream({ ending: { kind: 'open', error: error('rate_limit') } }) }),
      { kind: 'limit', error: error('rate_limit') },
      's0',
    ],
    [
      'with a crash when its process exits with a number',
      crashed({ code: 3 }),
      { kind: 'crash', why: 'it exited with 3' },
      's1',
    ],
    [
      'with a crash when a signal ended its process',
      crashed({ code: null, signal: 'SIGSEGV' }),
      { kind: 'crash', why: 'it exited with SIGSEGV' },
      's1',
    ],
    [
      'with a crash at its time limit',
      crashed({ cause: 'timeout' }),
      { kind: 'crash', why: 'it ended with timeout' },
      's1',
    ],
    [
      'with a crash when it could not be started, and says why',
      crashed({ code: null, cause: 'spawn-failed', detail: 'no such file' }),
      { kind: 'crash', why: 'it ended with spawn-failed: no such file' },
      's1',
    ],
  ];
  test.each(cases)('%s', (_, turn, outcome, session) => {
    expect(nextAsk(ask(), turn, TERMS)).toEqual({ kind: 'end', outcome, session });
    expect(nextAsk(LAST, turn, TERMS)).toEqual({ kind: 'end', outcome, session });
  });

  test('as invalid after the last answer that cannot be taken, with what was wrong with it', () => {
    const why = `asked ${MAX_ASKS} times, and the last answer: ${UNREADABLE.why}`;
    expect(nextAsk(LAST, shown({ reading: UNREADABLE }), TERMS)).toEqual({
      kind: 'end',
      outcome: { kind: 'invalid', why },
      session: 's1',
    });
  });

  test('other trouble that it told of does not outweigh the verdict of a process that ended well', () => {
    for (const of of ['hung', 'limit', 'other'] as const)
      expect(nextAsk(ask(), shown({ stream: stream({ ending: failed(of) }) }), TERMS)).toMatchObject({
        outcome: { kind: 'verdict' },
      });
  });
});

describe('the question is put once more', () => {
  const again = (fault: string, session: string | null = 's1') => ({
    kind: 'ask',
    ask: { number: 2, session, fault },
  });

  test('in the same conversation, with why the answer could not be read', () => {
    expect(nextAsk(ask(), shown({ reading: UNREADABLE }), TERMS)).toEqual(again(UNREADABLE.why));
  });

  test('when the verdict is of another commit', () => {
    const reading = { kind: 'read', verdict: { ...VERDICT, commit: 'fedcba9876543210' } } as const;
    expect(nextAsk(ask(), shown({ reading }), TERMS)).toEqual(
      again(`"commit" must be ${HEAD}, the commit under review`),
    );
  });

  test('when the verdict says nothing about a finding that is open', () => {
    const finding = { severity: 'minor', file: 'a' as RepoPath, line: 1, title: 'x', detail: '' } as const;
    const reading = { kind: 'read', verdict: { ...VERDICT, findings: [finding] } } as const;
    const terms = { ...TERMS, request: { ...TERMS.request, open: ['F1'] } };
    expect(nextAsk(ask(), shown({ reading }), terms)).toEqual(again('"earlier" says nothing about F1'));
  });

  test('in a new conversation, without a fault, when the one to go on with is lost', () => {
    const lost = shown({ exit: { ...EXITED, code: 1 }, stream: stream({ ending: failed('session') }) });
    expect(nextAsk(ask(), lost, TERMS)).toEqual({
      kind: 'ask',
      ask: { number: 2, session: null, fault: null },
    });
    // No conversation was named, or the questions are used up: what its process did decides.
    for (const number of [1, MAX_ASKS])
      expect(nextAsk(ask({ number, session: number === 1 ? null : 's0' }), lost, TERMS)).toMatchObject({
        kind: 'end',
        outcome: { kind: 'crash' },
      });
  });

  test('in a new conversation when the client cannot go on with one', () => {
    const terms = { ...TERMS, canResume: false };
    expect(nextAsk(ask(), shown({ reading: UNREADABLE }), terms)).toEqual(again(UNREADABLE.why, null));
  });

  test('in the conversation it named where it said nothing, or where its output is not read', () => {
    const silent = shown({ reading: UNREADABLE, stream: stream({ hasBegun: false, session: null }) });
    expect(nextAsk(ask(), silent, TERMS)).toEqual(again(UNREADABLE.why, 's0'));
    const unread = shown({ reading: UNREADABLE, stream: null });
    expect(nextAsk(ask(), unread, TERMS)).toEqual(again(UNREADABLE.why, 's0'));
  });
});

test('whatever it answers, it is asked a limited number of times', () => {
  const turns = [
    shown({ reading: UNREADABLE }),
    shown({ stream: stream({ ending: failed('session') }), reading: UNREADABLE }),
  ];
  for (const turn of turns) {
    let next = nextAsk(firstAsk(TERMS), turn, TERMS);
    let asks = 1;
    for (; next.kind === 'ask'; asks += 1) next = nextAsk(next.ask, turn, TERMS);
    expect(asks).toBe(MAX_ASKS);
  }
});
