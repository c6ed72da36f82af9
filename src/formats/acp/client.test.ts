import { describe, expect, test } from 'vitest';
import { StreamFold } from '../../core/agents/stream-facts.ts';
import { AcpTurn, type Effect, type Input, type TurnOptions } from './client.ts';
import { OPTIONS } from './test-support.ts';
import { readMessage } from './wire.ts';

/** Plays the agent: what it answers by method; an `Error`-like object with `code` is an error. */
class Play {
  readonly effects: Effect[] = [];
  readonly sent: Record<string, unknown>[] = [];
  readonly machine: AcpTurn;
  readonly #answers: Readonly<Record<string, unknown>>;
  /** Quiet does not come by itself. */
  waits = false;

  constructor(options: Partial<TurnOptions> = {}, answers: Readonly<Record<string, unknown>> = {}) {
    this.machine = new AcpTurn({ ...OPTIONS, ...options });
    this.#answers = {
      initialize: { protocolVersion: 1, agentCapabilities: {} },
      'session/new': { sessionId: 'new' },
      ...answers,
    };
    this.take({ kind: 'start' });
  }

  take(input: Input): void {
    for (const effect of this.machine.take(input)) {
      this.effects.push(effect);
      if (effect.kind === 'settle' && !this.waits) this.take({ kind: 'quiet' });
      if (effect.kind === 'send') {
        this.sent.push(effect.message);
        this.#answer(effect.message);
      }
    }
  }

  line(message: unknown): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.take({ kind: 'message', message: readMessage({ text, isCut: false }) });
  }

  update(update: Record<string, unknown>): void {
    this.line({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 'new', update } });
  }

  ask(toolCall: Record<string, unknown>, id: unknown = 'p1'): void {
    const options = [
      { optionId: 'aa', kind: 'allow_always' },
      { optionId: 'a', kind: 'allow_once' },
      { optionId: 'r', kind: 'reject_once' },
    ];
    const params = { sessionId: 'new', toolCall, options };
    this.line({ jsonrpc: '2.0', id, method: 'session/request_permission', params });
  }

  get methods(): unknown[] {
    return this.sent.map((message) => message['method']).filter((method) => method !== undefined);
  }

  get events(): unknown[] {
    return this.effects.flatMap((effect) => (effect.kind === 'emit' ? [effect.event] : []));
  }

  get outcome(): unknown {
    return this.effects.flatMap((effect) => (effect.kind === 'finish' ? [effect.outcome] : []))[0] ?? null;
  }

  /** What was replied to the agent's request. */
  reply(id: unknown): unknown {
    const found = this.sent.filter((message) => message['id'] === id && message['method'] === undefined);
    expect(found).toHaveLength(1);
    return found[0]?.['result'] ?? found[0]?.['error'];
  }

  #answer(message: Record<string, unknown>): void {
    const method = String(message['method']);
    const given = this.#answers[method];
    const answer: unknown = Array.isArray(given) ? given.shift() : given;
    if (answer === undefined) return;
    const isError = typeof answer === 'object' && answer !== null && 'code' in answer;
    this.line({ jsonrpc: '2.0', id: message['id'], [isError ? 'error' : 'result']: answer });
  }
}

const loads = { initialize: { protocolVersion: 1, agentCapabilities: { loadSession: true } } };
const resumes = {
  initialize: {
    protocolVersion: 1,
    agentCapabilities: { loadSession: true, sessionCapabilities: { resume: {} } },
  },
};

describe('the way to the prompt', () => {
  test.each([
    ['a new conversation', {}, {}, ['session/new']],
    ['one that is loaded', { session: 'old' }, { ...loads, 'session/load': {} }, ['session/load']],
    ['one that is taken up', { session: 'old' }, { ...resumes, 'session/resume': {} }, ['session/resume']],
    [
      'loading where taking up is advertised but not there',
      { session: 'old' },
      { ...resumes, 'session/resume': { code: -32_601, message: 'no' }, 'session/load': {} },
      ['session/resume', 'session/load'],
    ],
    [
      'a new one where loading is refused',
      { session: 'old', freshPrompt: 'all of it' },
      { ...loads, 'session/load': { code: -32_603, message: 'not found' } },
      ['session/load', 'session/new'],
    ],
    ['a new one where nothing can load', { session: 'old', freshPrompt: 'all of it' }, {}, ['session/new']],
    [
      'with a login where it is wanted',
      { authMethod: 'key' },
      { authenticate: {}, 'session/new': [{ code: -32_000, message: 'Login' }, { sessionId: 'new' }] },
      ['session/new', 'authenticate', 'session/new'],
    ],
    [
      'with a login before it is loaded',
      { authMethod: 'key', session: 'old' },
      { ...loads, authenticate: {}, 'session/load': [{ code: -32_000, message: 'Login' }, {}] },
      ['session/load', 'authenticate', 'session/load'],
    ],
  ])('%s', (_name, options, answers, way) => {
    const play = new Play(options, answers);
    expect(play.methods).toEqual(['initialize', ...way, 'session/prompt']);
    const isFresh = way.at(-1) === 'session/new';
    const said = play.sent.at(-1)?.['params'] as { sessionId: string; prompt: { text: string }[] };
    expect(said.sessionId).toBe(isFresh ? 'new' : 'old');
    expect(said.prompt[0]?.text).toBe('freshPrompt' in options ? 'all of it' : 'go on');
  });

  test.each([
    ['a conversation that is gone, without a brief', { session: 'old' }, {}, 'session'],
    [
      'a login that does not help',
      { authMethod: 'key' },
      { authenticate: {}, 'session/new': { code: -32_000, message: 'Authentication required' } },
      'auth',
    ],
    ['no login', {}, { 'session/new': { code: -32_000, message: 'Authentication required' } }, 'auth'],
    [
      'no login when loading',
      { session: 'old', freshPrompt: 'x' },
      { ...loads, 'session/load': { code: -32_000, message: 'Please sign in' } },
      'auth',
    ],
    [
      'another version of the protocol',
      {},
      { initialize: { protocolVersion: 2, agentCapabilities: {} } },
      'other',
    ],
    ['an answer without a session', {}, { 'session/new': {} }, 'other'],
    ['a model that is not offered', { model: 'best' }, {}, 'other'],
    ['a busy account', {}, { 'session/prompt': { code: 429, message: 'Resource exhausted' } }, 'rate_limit'],
    [
      'a busy account in the data',
      {},
      { 'session/prompt': { code: -32_603, message: 'Internal error', data: { details: '429 quota' } } },
      'rate_limit',
    ],
    ['a limit of turns', {}, { 'session/prompt': { stopReason: 'max_turn_requests' } }, 'limit'],
    ['a refusal', {}, { 'session/prompt': { stopReason: 'refusal' } }, 'other'],
    ['no stop reason', {}, { 'session/prompt': {} }, 'other'],
  ])('%s is an error with a class', (_name, options, answers, expected) => {
    expect(new Play(options, answers).outcome).toMatchObject({ kind: 'failed', error: { class: expected } });
  });

  test('chooses a model the way the agent offers', () => {
    const models = { availableModels: [{ modelId: 'a' }, { modelId: 'b' }], currentModelId: 'a' };
    const old = new Play(
      { model: 'b' },
      { 'session/new': { sessionId: 'new', models }, 'session/set_model': {} },
    );
    expect(old.methods.slice(2)).toEqual(['session/set_model', 'session/prompt']);
    const configOptions = [
      {
        id: 'm',
        category: 'model',
        currentValue: 'a',
        options: [{ options: [{ value: 'a' }, { value: 'b' }] }],
      },
    ];
    const recent = new Play({ model: 'b' }, { 'session/new': { sessionId: 'new', configOptions } });
    expect(recent.sent.at(-1)).toMatchObject({
      method: 'session/set_config_option',
      params: { sessionId: 'new', configId: 'm', value: 'b' },
    });
    const same = new Play({ model: 'a' }, { 'session/new': { sessionId: 'new', models } });
    expect(same.methods.slice(2)).toEqual(['session/prompt']);
  });

  test('an earlier conversation that is told again is not counted as work', () => {
    const play = new Play({ session: 'old' }, loads);
    const say = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'before' } };
    play.waits = true;
    play.line({ method: 'session/update', params: { sessionId: 'old', update: say } });
    play.line({ jsonrpc: '2.0', id: 2, result: {} });
    play.line({ method: 'session/update', params: { sessionId: 'old', update: say } });
    expect(play.methods).not.toContain('session/prompt');
    play.take({ kind: 'quiet' });
    play.take({ kind: 'quiet' });
    expect(play.methods.filter((method) => method === 'session/prompt')).toHaveLength(1);
    expect(play.events).toEqual([
      { kind: 'other', text: '2 updates of the earlier conversation' },
      { kind: 'started', session: 'old', model: null },
    ]);
  });
});

describe('a turn', () => {
  test('whose usage is that of its last call alone is told as partial, and a price of nothing is no price', () => {
    const play = new Play();
    play.update({
      sessionUpdate: 'tool_call',
      toolCallId: '1',
      kind: 'execute',
      title: 'ls',
      status: 'completed',
    });
    const cost = { amount: 0, currency: 'USD' };
    play.update({ sessionUpdate: 'usage_update', used: 1000, size: 200_000, cost });
    const usage = { inputTokens: 800, outputTokens: 50, totalTokens: 1050, cachedReadTokens: 200 };
    play.line({ id: 3, result: { stopReason: 'end_turn', usage } });
    const told = play.events.filter((event) => (event as { kind: string }).kind === 'usage');
    expect(told).toEqual([expect.objectContaining({ usd: null, isPartial: true })]);
  });

  test.each([
    ['beside the input', 4_000, 5_050],
    ['in the input', 5_000, 5_050],
  ])('counts the cache once, told %s', (_, inputTokens, totalTokens) => {
    const play = new Play();
    play.update({ sessionUpdate: 'usage_update', used: 1_000, size: 200_000 });
    const usage = { inputTokens, outputTokens: 50, totalTokens, cachedReadTokens: 1_000 };
    play.line({ id: 3, result: { stopReason: 'end_turn', usage } });
    expect(play.events).toContainEqual(
      expect.objectContaining({ tokens: { input: 4_000, cacheRead: 1_000, cacheWrite: 0, output: 50 } }),
    );
    expect(play.events).not.toContainEqual(expect.objectContaining({ isPartial: true }));
  });

  test('puts a message together and tells calls by their outcome', () => {
    const play = new Play();
    const chunk = (text: string): void =>
      play.update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
    chunk('I will ');
    chunk('do it.');
    play.update({
      sessionUpdate: 'tool_call',
      toolCallId: '1',
      kind: 'execute',
      title: 'ls',
      status: 'pending',
    });
    play.update({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'in_progress' });
    play.update({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'failed' });
    play.update({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'failed' });
    play.update({ sessionUpdate: 'usage_update', used: 5, size: 9, cost: { amount: 0.5, currency: 'USD' } });
    chunk('Done.');
    const usage = { inputTokens: 7, outputTokens: 3, cachedReadTokens: 2 };
    play.line({ id: 3, result: { stopReason: 'end_turn', usage } });
    expect(play.events).toEqual([
      { kind: 'started', session: 'new', model: null },
      { kind: 'text', text: 'I will do it.' },
      { kind: 'tool', name: 'execute', detail: 'ls', outcome: 'called' },
      { kind: 'tool', name: 'execute', detail: '', outcome: 'failed' },
      expect.objectContaining({ kind: 'usage', usd: 0.5, usdBasis: 'thread' }),
      { kind: 'text', text: 'Done.' },
      expect.objectContaining({ tokens: { input: 7, cacheRead: 2, cacheWrite: 0, output: 3 }, basis: 'run' }),
      { kind: 'done', ok: true, reason: 'end_turn' },
    ]);
    expect(play.outcome).toEqual({ kind: 'ended', reason: 'end_turn' });
    expect(play.machine.take({ kind: 'cancel' })).toEqual([]);
    const fold = new StreamFold({ callsArePartial: false });
    for (const effect of play.effects) if (effect.kind === 'emit') fold.add(effect.event);
    expect(fold.facts()).toMatchObject({
      tokens: { input: 7 },
      threadUsd: 0.5,
      ending: { kind: 'ok' },
      tools: 1,
    });
  });

  test.each([
    ['exceeded retry limit, last status: 429 Too Many Requests', 'rate_limit'],
    ['Your API key is invalid API key. Please login', 'auth'],
  ])('that ends well with the words of an error is that error: %s', (words, expected) => {
    const play = new Play();
    play.update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: words } });
    play.line({ id: 3, result: { stopReason: 'end_turn' } });
    expect(play.outcome).toMatchObject({ kind: 'failed', error: { class: expected } });
  });

  test('may speak of rate limits after it has worked', () => {
    const play = new Play();
    play.update({ sessionUpdate: 'tool_call', toolCallId: '1', kind: 'edit', status: 'completed' });
    const content = { type: 'text', text: 'Returns status 429 Too Many Requests now.' };
    play.update({ sessionUpdate: 'agent_message_chunk', content });
    play.line({ id: 3, result: { stopReason: 'end_turn' } });
    expect(play.outcome).toMatchObject({ kind: 'ended' });
  });

  test('broken off tells how far it was, and the class of the last words', () => {
    const play = new Play();
    play.take({ kind: 'closed', how: 'exited with code 1', words: 'Error: not logged in' });
    expect(play.outcome).toMatchObject({
      kind: 'failed',
      error: {
        class: 'auth',
        message: 'the agent exited with code 1 during session/prompt: Error: not logged in',
      },
    });
  });

  test('an agent that is never ready is hung', () => {
    const machine = new AcpTurn(OPTIONS);
    machine.take({ kind: 'start' });
    expect(machine.take({ kind: 'late', afterMs: 5_000 }).at(-1)).toMatchObject({
      outcome: { error: { class: 'hung' } },
    });
  });
});

describe('requests of the agent', () => {
  test.each([
    ['terminal/create', { command: 'ls' }, -32_601],
    ['elicitation/create', {}, -32_601],
    ['_vendor/thing', {}, -32_601],
    ['fs/read_text_file', {}, -32_602],
    ['fs/write_text_file', { path: '/work/a' }, -32_602],
    ['session/request_permission', { toolCall: {} }, -32_602],
  ])('%s %o is answered with %i', (method, params, code) => {
    const play = new Play();
    play.line({ jsonrpc: '2.0', id: 0, method, params });
    expect(play.reply(0)).toMatchObject({ code });
  });

  test('announces what it does, and no more', () => {
    const capabilities = (permissions: TurnOptions['permissions']): unknown =>
      (new Play({ permissions }).sent[0]?.['params'] as Record<string, unknown> | undefined)?.[
        'clientCapabilities'
      ];
    expect(capabilities('edit')).toEqual({
      fs: { readTextFile: true, writeTextFile: true },
      terminal: false,
    });
    expect(capabilities('ask')).toEqual({
      fs: { readTextFile: true, writeTextFile: false },
      terminal: false,
    });
  });

  test('a permission is judged by where its call goes, with what was told of the call before', () => {
    const play = new Play();
    const locations = [{ path: '/work/a' }, { path: '/etc/passwd' }];
    play.update({ sessionUpdate: 'tool_call', toolCallId: 't', kind: 'edit', title: 'Edit', locations });
    play.ask({ toolCallId: 't' });
    expect(play.effects.at(-1)).toEqual({ kind: 'judge', ticket: 1, paths: ['/work/a', '/etc/passwd'] });
    play.take({ kind: 'judged', ticket: 1, outside: ['/etc/passwd'] });
    expect(play.reply('p1')).toEqual({ outcome: { outcome: 'selected', optionId: 'r' } });
    expect(play.events.at(-1)).toEqual({
      kind: 'denied',
      what: 'edit: Edit: /etc/passwd is not in the worktree',
    });
    play.ask({ toolCallId: 'u', kind: 'execute', title: 'npm test' }, 7);
    play.take({ kind: 'judged', ticket: 2, outside: [] });
    expect(play.reply(7)).toEqual({ outcome: { outcome: 'selected', optionId: 'a' } });
    play.take({ kind: 'judged', ticket: 2, outside: [] });
    expect(play.reply(7)).toEqual({ outcome: { outcome: 'selected', optionId: 'a' } });
  });

  test.each([
    ['plan', 'read', 'a'],
    ['plan', 'execute', 'r'],
    ['full', 'delete', 'a'],
  ] as const)('%s lets %s: %s', (permissions, kind, optionId) => {
    const play = new Play({ permissions });
    play.ask({ toolCallId: 't', kind, title: 'x' });
    play.take({ kind: 'judged', ticket: 1, outside: [] });
    expect(play.reply('p1')).toEqual({ outcome: { outcome: 'selected', optionId } });
  });

  test.each([
    [{ kind: 'allow', by: 'me' }, 'a'],
    [{ kind: 'deny', why: 'no' }, 'r'],
  ] as const)('a person is asked, and %o holds', (answer, optionId) => {
    const play = new Play({ permissions: 'ask' });
    play.ask({ toolCallId: 't', kind: 'execute', title: 'rm -r build' });
    play.take({ kind: 'judged', ticket: 1, outside: [] });
    expect(play.events.at(-1)).toEqual({ kind: 'ask', id: 'q1', what: 'execute: rm -r build' });
    expect(play.effects.at(-2)).toMatchObject({ kind: 'ask', ticket: 1, question: { id: 'q1' } });
    play.take({ kind: 'answered', ticket: 1, answer });
    expect(play.reply('p1')).toEqual({ outcome: { outcome: 'selected', optionId } });
  });

  test('cancelling answers open questions, tells the agent, and takes its last word', () => {
    const play = new Play({ permissions: 'ask' });
    play.ask({ toolCallId: 't', kind: 'execute', title: 'x' });
    play.take({ kind: 'judged', ticket: 1, outside: [] });
    play.take({ kind: 'cancel' });
    expect(play.reply('p1')).toEqual({ outcome: { outcome: 'cancelled' } });
    expect(play.effects.some((effect) => effect.kind === 'withdraw')).toBe(true);
    expect(play.methods.at(-1)).toBe('session/cancel');
    expect(play.outcome).toBeNull();
    play.line({ id: 3, result: { stopReason: 'cancelled' } });
    expect(play.outcome).toEqual({ kind: 'cancelled' });
  });
});

describe('a line too long to be read', () => {
  const cut = (text: string): Input => ({ kind: 'message', message: readMessage({ text, isCut: true }) });
  test('is passed over when it is a notice, refused when it is a request, and the end when it is an answer', () => {
    const play = new Play();
    play.take(cut('{"jsonrpc":"2.0","method":"session/update","params":{"id":5,"x":"yyyy'));
    expect(play.outcome).toBeNull();
    play.take(cut('{"jsonrpc":"2.0","id":5,"method":"fs/write_text_file","params":{"content":"yyyy'));
    expect(play.reply(5)).toMatchObject({ code: -32_600 });
    play.take(cut('{"jsonrpc":"2.0","id":3,"result":{"yyyy'));
    expect(play.outcome).toMatchObject({ kind: 'failed', error: { class: 'other' } });
  });
});
