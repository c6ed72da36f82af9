import { describe, expect, test } from 'vitest';
import { spendOf } from '../../core/agents/spend.ts';
import type { StreamFormat } from '../../core/agents/formats.ts';
import { eventsOf, factsOf, recording } from '../../../test/support/recordings.ts';

const tokens = (input: number, cacheRead: number, output: number) => ({
  input,
  cacheRead,
  cacheWrite: 0,
  output,
});
const NO_PRICES = { prices: {}, model: null };

/** Each recorded call used 1000 input tokens, 200 of them cached, and 50 output tokens. */
describe('usage of one process', () => {
  test.each<[StreamFormat, string, number]>([
    ['claude', 'claude', 5],
    ['claude', 'claude.resumed', 2],
    ['claude', 'claude.recovers', 2],
    ['codex', 'codex', 5],
    ['codex', 'codex.mcp', 3],
    ['gemini', 'gemini', 5],
    ['gemini', 'gemini.resumed', 2],
    ['opencode', 'opencode', 5],
    ['opencode', 'opencode.resumed', 2],
    ['qwen', 'qwen', 2],
    ['copilot', 'copilot', 2],
    ['cline', 'cline', 2],
    ['claude', 'amp', 2],
  ])('%s: %s is %i calls', (format, name, calls) => {
    const spend = spendOf(factsOf(format, recording(name)), null, NO_PRICES);
    expect(spend.tokens).toEqual(tokens(800 * calls, 200 * calls, 50 * calls));
    expect(spend.isPartial).toBe(false);
  });

  test('a price of nothing for tokens that were used is no price', () => {
    const free = recording('cline').replaceAll(/"totalCost":[0-9.]+/g, '"totalCost":0');
    expect(factsOf('cline', free)).toMatchObject({ usd: null, tokens: tokens(1_600, 400, 100) });
    expect(factsOf('cline', recording('cline')).usd).toBe(0.004);
  });

  test('aider counts what it sent and received', () => {
    const facts = factsOf('aider', recording('aider.txt'));
    expect(facts.tokens).toEqual(tokens(1_000, 200, 50));
    expect(facts.usd).toBe(0.0042);
    expect(facts.ending).toEqual({ kind: 'ok' });
  });
});

describe('a resumed conversation counts what it grew by', () => {
  test.each<[StreamFormat, string, string, number, number | null]>([
    ['claude', 'claude', 'claude.resumed', 2, 0.00642],
    ['codex', 'codex', 'codex.resumed', 2, null],
    ['gemini', 'gemini', 'gemini.resumed', 2, null],
    ['opencode', 'opencode', 'opencode.resumed', 2, 0.00184],
    ['qwen', 'qwen', 'qwen.resumed', 1, null],
  ])('%s', (format, first, second, calls, usd) => {
    const before = factsOf(format, recording(first));
    const after = factsOf(format, recording(second));
    expect(after.session).toBe(before.session);
    const totals = {
      tokens: before.threadTokens,
      usd: before.threadUsd,
      usdTokens: before.threadUsdTokens ?? null,
    };
    const spend = spendOf(after, totals, NO_PRICES);
    expect(spend.tokens).toEqual(tokens(800 * calls, 200 * calls, 50 * calls));
    if (usd !== null) expect(spend).toMatchObject({ usd, isEstimated: false });
  });

  test('a total that fell was begun anew and counts in full', () => {
    const facts = factsOf('codex', recording('codex'));
    const spend = spendOf(facts, { tokens: tokens(90_000, 0, 9), usd: null, usdTokens: null }, NO_PRICES);
    expect(spend.tokens).toEqual(tokens(4_000, 1_000, 250));
  });

  test('a price that is that of the process alone, as claude before 2.1.200 tells it, counts in full', () => {
    const line = JSON.stringify({
      type: 'result',
      subtype: 'success',
      is_error: false,
      session_id: '8dd40ff7-4d78-47c2-b36a-a7adad7c7755',
      total_cost_usd: 0.00535,
      usage: {
        input_tokens: 800,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 200,
        output_tokens: 50,
      },
      modelUsage: {
        'claude-opus-4-8': {
          inputTokens: 800,
          outputTokens: 50,
          cacheReadInputTokens: 200,
          costUSD: 0.00535,
        },
      },
    });
    const before = factsOf('claude', `${line}\n`);
    const totals = { tokens: null, usd: before.threadUsd, usdTokens: before.threadUsdTokens ?? null };
    const spend = spendOf(factsOf('claude', `${line}\n`), totals, NO_PRICES);
    expect(spend).toMatchObject({ usd: 0.00535, isEstimated: false });
  });

  test('two prompts in one process count as the two', () => {
    const [first, second] = [recording('claude'), recording('claude.resumed')];
    const spend = spendOf(factsOf('claude', first + second), null, NO_PRICES);
    expect(spend).toMatchObject({ tokens: tokens(5_600, 1_400, 350), usd: 0.02247 });
  });
});

describe('cost', () => {
  test('is estimated from the tokens where the client tells none, and marked', () => {
    const facts = factsOf('gemini', recording('gemini'));
    const spend = spendOf(facts, null, { prices: {}, model: null });
    expect(spend).toMatchObject({ usd: 0.001_855, isEstimated: true });
    const own = { 'gemini-2.5': { input: 1, cacheRead: 0, cacheWrite: 0, output: 2 } };
    expect(spendOf(facts, null, { prices: own, model: null }).usd).toBe(0.0045);
  });

  test('is unknown for a model without a price', () => {
    const spend = spendOf(factsOf('codex', recording('codex')), null, NO_PRICES);
    expect(spend).toMatchObject({ usd: null, isEstimated: false });
    expect(
      spendOf(factsOf('codex', recording('codex')), null, { prices: {}, model: 'gpt-5-codex' }).usd,
    ).toBe(0.007_625);
  });
});

describe('the ending', () => {
  test.each<[StreamFormat, string, string, string]>([
    ['claude', 'claude', 'ok', ''],
    ['claude', 'claude.recovers', 'ok', ''],
    ['claude', 'claude.limited', 'failed', 'rate_limit'],
    ['claude', 'claude.auth', 'failed', 'auth'],
    ['claude', 'claude.hang', 'open', ''],
    ['codex', 'codex', 'ok', ''],
    ['codex', 'codex.limited', 'failed', 'rate_limit'],
    ['codex', 'codex.auth', 'failed', 'auth'],
    ['codex', 'codex.hang', 'open', 'hung'],
    ['gemini', 'gemini', 'ok', ''],
    ['gemini', 'gemini.auth', 'failed', 'auth'],
    ['gemini', 'gemini.limited', 'open', ''],
    ['opencode', 'opencode', 'ok', ''],
    ['opencode', 'opencode.auth', 'failed', 'auth'],
    ['opencode', 'opencode.limited', 'failed', 'rate_limit'],
    ['qwen', 'qwen', 'ok', ''],
    ['copilot', 'copilot', 'ok', ''],
    ['copilot', 'copilot.limited', 'failed', 'rate_limit'],
    ['cline', 'cline', 'ok', ''],
    ['claude', 'amp', 'ok', ''],
  ])('%s: %s ends %s %s', (format, name, kind, errorClass) => {
    const { ending } = factsOf(format, recording(name));
    expect(ending.kind).toBe(kind);
    expect(ending.kind === 'ok' ? '' : (ending.error?.class ?? '')).toBe(errorClass);
  });

  test('a limit carries the time until it ends, however it was said', () => {
    expect(factsOf('opencode', recording('opencode.limited')).ending).toMatchObject({
      error: { resetInMs: 1_000 },
    });
    expect(factsOf('copilot', recording('copilot.limited')).ending).toMatchObject({
      error: { resetInMs: 120_000 },
    });
    const event = JSON.stringify({
      type: 'rate_limit_event',
      rate_limit_info: { status: 'rejected', resetsAt: 1_796_000_000, rateLimitType: 'five_hour' },
    });
    const limited = factsOf('claude', `${event}\n${recording('claude.limited')}`);
    expect(limited.ending).toMatchObject({ error: { class: 'rate_limit', resetsAtMs: 1_796_000_000_000 } });
  });

  test('a line on standard error is a hint until something is done again', () => {
    const stopped = `${recording('gemini.limited')}Attempt 3 failed with status 429. Retrying with backoff...\n`;
    expect(factsOf('gemini', stopped).ending).toMatchObject({ kind: 'open', error: { class: 'rate_limit' } });
    expect(factsOf('gemini', stopped + recording('gemini')).ending.kind).toBe('ok');
    const lost = factsOf('claude', 'No conversation found with session ID: 58876f88\n');
    expect(lost).toMatchObject({ hasBegun: false, ending: { kind: 'open', error: { class: 'session' } } });
  });

  test.each<[StreamFormat, string]>([
    ['gemini', 'Invalid auth method selected.'],
    ['gemini', 'Please set an Auth method in your settings.json'],
    [
      'qwen',
      'No auth type is selected. Please configure an auth type before running in non-interactive mode.',
    ],
  ])('%s says that it has no way to log in: %s', (format, line) => {
    expect(factsOf(format, `${line}\n`).ending).toMatchObject({ kind: 'open', error: { class: 'auth' } });
  });

  test('what a model or a tool says about limits is no limit', () => {
    const said = recording('gemini').replaceAll('greeting module', 'rate limit 429 with 401 unauthorized');
    expect(factsOf('gemini', said).ending).toEqual({ kind: 'ok' });
    expect(factsOf('text', 'rate limit 429\nunauthorized\n').ending).toEqual({ kind: 'open', error: null });
  });
});

describe('what it did', () => {
  test('tool calls carry the line that tells them apart', () => {
    const calls = eventsOf('claude', recording('claude')).flatMap((event) =>
      event.kind === 'tool' && event.outcome === 'called' ? [`${event.name} ${event.detail}`] : [],
    );
    expect(calls).toEqual([
      'Bash mkdir -p src',
      'Write /work/src/greet.mjs',
      String.raw`Bash printf 'one more line\n' >> README.md`,
      "Bash git add -A && git commit -q -m 'Add greeting module' && git rev-parse --short HEAD",
    ]);
  });

  test.each<[StreamFormat, string, number]>([
    ['claude', 'claude', 4],
    ['codex', 'codex', 4],
    ['codex', 'codex.mcp', 2],
    ['gemini', 'gemini', 4],
    ['opencode', 'opencode', 4],
    ['copilot', 'copilot', 1],
    ['cline', 'cline', 1],
    ['qwen', 'qwen', 1],
  ])('%s: %s called %i tools, each of which ended', (format, name, count) => {
    const tools = eventsOf(format, recording(name)).filter((event) => event.kind === 'tool');
    expect(tools.filter((event) => event.outcome === 'called')).toHaveLength(count);
    expect(tools.filter((event) => event.outcome === 'ok')).toHaveLength(count);
    expect(factsOf(format, recording(name)).lastText).not.toBe('');
  });

  test.each(['--dangerously-skip-permissions', '-x', '../../etc', 'a b', '', 'x'.repeat(300)])(
    'a conversation called %j is none: it could not be an argument',
    (session) => {
      const facts = factsOf(
        'claude',
        JSON.stringify({ type: 'system', subtype: 'init', session_id: session }),
      );
      expect(facts.session).toBeNull();
    },
  );

  test.each(['structured_output', 'structured_result'])('the answer to a schema is read from %s', (key) => {
    const answer = { score: 8, findings: [] };
    const result = { type: 'result', is_error: false, result: 'Looks good.', [key]: answer };
    expect(factsOf('claude', JSON.stringify(result)).lastText).toBe(JSON.stringify(answer));
  });

  test('refused tools are counted', () => {
    const result = { type: 'result', is_error: false, permission_denials: [{ tool_name: 'Bash' }] };
    expect(factsOf('claude', JSON.stringify(result)).denied).toBe(1);
  });

  test('unknown records and plain lines are kept', () => {
    const events = eventsOf('codex', '{"type":"new.thing","x":1}\nplain\n{broken\n');
    expect(events).toEqual([
      { kind: 'other', text: '{"type":"new.thing","x":1}' },
      { kind: 'other', text: 'plain' },
      { kind: 'other', text: '{broken' },
    ]);
  });
});
