import { describe, expect, test } from 'vitest';
import { DEFAULT_GLOBALS, type Globals } from './globals.ts';
import { wantsColor, wantsMotion, wantsUnicode } from './style.ts';
import { openOut } from './writer.ts';

function capture(globals: Partial<Globals> = {}, env: Record<string, string> = {}, isTTY = false) {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    columns: 40,
    rows: 12,
    write: (chunk: string | Uint8Array) => (text[name] += chunk.toString()),
  });
  const out = openOut({
    globals: { ...DEFAULT_GLOBALS, ...globals },
    env,
    stdout: stream('out'),
    stderr: stream('err'),
    stdinIsTerminal: isTTY,
  });
  return { out, text };
}

describe('streams', () => {
  test('the answer goes to standard output, the story to standard error', () => {
    const { out, text } = capture();
    out.answer('answer');
    out.note('story');
    expect(text).toEqual({ out: 'answer\n', err: 'story\n' });
  });

  test('quiet drops the story and keeps problems; verbose adds details', () => {
    const quiet = capture({ verbosity: -1 });
    quiet.out.note('story');
    quiet.out.problem('problem');
    expect(quiet.text.err).toBe('problem\n');
    const loud = capture({ verbosity: 1 });
    loud.out.detail(1, 'one');
    loud.out.detail(2, 'two');
    expect(loud.text.err).toBe('one\n');
  });

  test('with --json only JSON reaches standard output', () => {
    const { out, text } = capture({ json: true });
    out.answer('text');
    out.envelope('thing', { a: 1 }, { n: 2 });
    out.record({ v: 1 });
    expect(text.out).toBe('{"schema":"copse.thing/1","data":{"a":1},"meta":{"n":2}}\n{"v":1}\n');
  });

  test('a stream that throws is left alone, and followers are told', () => {
    const { out } = { out: openOut({ globals: DEFAULT_GLOBALS, env: {}, stdout: broken, stderr: broken }) };
    out.answer('x');
    expect(out.closed.aborted).toBe(true);
    expect(() => out.answer('y')).not.toThrow();
  });
});

const broken = {
  write: () => {
    throw new Error('EPIPE');
  },
};

describe('hostile text', () => {
  test.each([
    ['a title that sets the window’s name', '\u001b]0;owned\u0007x'],
    ['a line that erases the screen', '\u001b[2Jx'],
    ['a bell and a backspace', '\u0007\bx'],
    ['a C1 control', '\u009b2Jx'],
    ['text that is turned around', '\u202ex'],
    ['a line break inside a line', 'a\r\nb\rx'],
  ])('%s is harmless everywhere', (_, hostile) => {
    const { out, text } = capture({ color: 'always' }, {}, true);
    out.answer(hostile);
    out.raw(hostile);
    out.problem(hostile);
    out.envelope('thing', hostile);
    // oxlint-disable-next-line no-control-regex
    expect(text.out + text.err).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  test('our own colours pass, and only where colour is wanted', () => {
    const on = capture({ color: 'always' });
    on.out.answer(on.out.style.red('x'));
    expect(on.text.out).toBe('\u001b[31mx\u001b[39m\n');
    const off = capture({ color: 'never' });
    off.out.answer('\u001b[31mx\u001b[39m');
    expect(off.text.out).toBe('x\n');
  });
});

describe('what the environment says', () => {
  test.each([
    ['auto', true, {}, true],
    ['auto', false, {}, false],
    ['auto', true, { NO_COLOR: '1' }, false],
    ['auto', true, { NO_COLOR: '' }, true],
    ['auto', false, { FORCE_COLOR: '1' }, true],
    ['auto', true, { FORCE_COLOR: '0' }, false],
    ['auto', false, { CLICOLOR_FORCE: '1' }, true],
    ['auto', false, { CLICOLOR_FORCE: '0' }, false],
    ['auto', true, { TERM: 'dumb' }, false],
    ['auto', false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['always', false, { NO_COLOR: '1' }, true],
    ['never', true, { FORCE_COLOR: '1' }, false],
  ] as const)('colour %s on a terminal: %s with %j is %s', (flag, isTerminal, env, expected) => {
    expect(wantsColor(flag, isTerminal, env)).toBe(expected);
  });

  test('nothing is drawn twice in CI, on a dumb terminal, or in a file', () => {
    expect(wantsMotion(true, {})).toBe(true);
    expect(wantsMotion(true, { CI: 'true' })).toBe(false);
    expect(wantsMotion(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsMotion(false, {})).toBe(false);
  });

  test('symbols beyond ASCII need a locale that has them', () => {
    expect(wantsUnicode({ LANG: 'en_US.UTF-8' })).toBe(true);
    expect(wantsUnicode({ LANG: 'en_US.UTF-8', LC_ALL: 'C' })).toBe(false);
    expect(wantsUnicode({})).toBe(false);
  });
});
