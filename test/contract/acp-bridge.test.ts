/** The bridge to ACP agents as a process, with a scripted agent on the other side. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bridgeArguments } from '../../src/adapters/agents/acp/arguments.ts';
import { isRunning } from '../support/process-rig.ts';
import { bundleProgram } from '../support/supervisor-bundle.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AGENT = path.join(ROOT, 'test/support/fake-acp-agent.mjs');

let program = '';
let root = '';
let worktree = '';
let children: ChildProcess[] = [];

beforeAll(async () => {
  program = await bundleProgram(path.join(ROOT, 'src/adapters/agents/acp/main.ts'));
});
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'copse-acp-')));
  worktree = path.join(root, 'worktree');
  mkdirSync(worktree);
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

interface Options {
  readonly permissions?: 'edit' | 'plan' | 'full' | 'ask';
  readonly session?: string;
  readonly brief?: string;
  readonly answerMs?: number;
  readonly signMs?: number;
  readonly model?: string;
  readonly command?: readonly [string, ...string[]];
}

interface Turn {
  readonly code: number | null;
  readonly events: readonly Record<string, unknown>[];
  readonly stderr: string;
  readonly ms: number;
}

class Started {
  readonly child: ChildProcess;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #startedAt = performance.now();
  readonly #closed: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (bytes: Buffer) => this.#stdout.push(bytes));
    child.stderr?.on('data', (bytes: Buffer) => this.#stderr.push(bytes));
    this.#closed = once(child, 'close');
  }

  get events(): readonly Record<string, unknown>[] {
    const whole = Buffer.concat(this.#stdout).toString();
    const lines = whole.slice(0, whole.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Resolves when an event of this type has come. */
  async until(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.events.find((event) => event['type'] === type);
      if (found !== undefined) return found;
      if (this.child.stdout === null) throw new Error('no output');
      await once(this.child.stdout, 'data');
    }
  }

  async end(): Promise<Turn> {
    await this.#closed;
    return {
      code: this.child.exitCode,
      events: this.events,
      stderr: Buffer.concat(this.#stderr).toString(),
      ms: performance.now() - this.#startedAt,
    };
  }
}

const script = (): string => path.join(root, 'script.json');
const questions = (): string => path.join(root, 'questions');

function start(scripted: object, options: Options = {}): Started {
  writeFileSync(script(), JSON.stringify(scripted));
  const brief = options.brief === undefined ? null : path.join(root, 'brief.md');
  if (brief !== null) writeFileSync(brief, options.brief ?? '');
  const args = bridgeArguments({
    permissions: options.permissions ?? 'edit',
    questions: questions(),
    session: options.session ?? null,
    brief,
    model: options.model ?? null,
    offersFiles: true,
    auth: null,
    answerMs: options.answerMs ?? 60_000,
    signMs: options.signMs ?? 30_000,
    command: options.command ?? [process.execPath, AGENT, script()],
  });
  const child = spawn(process.execPath, [program, ...args], {
    cwd: worktree,
    env: { PATH: process.env['PATH'], HOME: root, DEPLOY_TOKEN: 'tok-123456789' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  child.stdin?.end('Do the work');
  return new Started(child);
}

async function turn(scripted: object, options: Options = {}): Promise<Turn> {
  return start(scripted, options).end();
}

/** What the agent was sent, in order. */
function journal(): readonly Record<string, unknown>[] {
  return readFileSync(`${script()}.journal`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const methods = (): unknown[] => journal().flatMap((message) => message['method'] ?? []);
const replies = (): unknown[] =>
  journal()
    .filter((message) => message['method'] === undefined)
    .map((message) => message['error'] ?? message['result']);
const last = (ran: Turn): Record<string, unknown> => ran.events.at(-1) ?? {};
const say = { say: 'Done.' };

describe('a turn', () => {
  test('works in the worktree, tells what it does, and ends with exit 0', async () => {
    const ran = await turn({
      turns: [
        [{ say: 'I will ' }, { say: 'write.' }, { run: 'echo x > made.txt' }, { stderr: 'a warning' }, say],
      ],
      usage: { inputTokens: 10, outputTokens: 2, cachedReadTokens: 1 },
    });
    expect(ran.code, ran.stderr).toBe(0);
    expect(readFileSync(path.join(worktree, 'made.txt'), 'utf8')).toBe('x\n');
    expect(ran.events).toMatchObject([
      { type: 'started', session: 's1' },
      { type: 'text', text: 'I will write.' },
      { type: 'tool', name: 'execute', detail: 'echo x > made.txt', outcome: 'called' },
      { type: 'tool', outcome: 'ok' },
      { type: 'text', text: 'Done.' },
      { type: 'usage', basis: 'run', input_tokens: 10, cache_read_tokens: 1, output_tokens: 2 },
      { type: 'done', ok: true, reason: 'end_turn' },
    ]);
    expect(ran.stderr).toContain('a warning');
    expect(journal().at(-1)).toMatchObject({ params: { prompt: [{ type: 'text', text: 'Do the work' }] } });
  });

  test.each([false, true])(
    'goes on with a conversation, without telling its past (late: %s)',
    async (tellsLate) => {
      const scripted = {
        capabilities: { loadSession: true },
        tellsLate,
        turns: [[{ say: 'first' }], [{ say: 'second' }]],
      };
      await turn(scripted);
      const ran = await turn(scripted, { session: 's1', brief: 'everything' });
      expect(ran.events.filter((event) => event['type'] === 'text')).toEqual([
        { type: 'text', text: 'second' },
      ]);
      expect(ran.events[1]).toMatchObject({ type: 'started', session: 's1' });
      expect(methods().slice(3)).toEqual(['initialize', 'session/load', 'session/prompt']);
    },
  );

  test('begins anew with the whole brief when the conversation is gone, and says so', async () => {
    const scripted = { capabilities: { loadSession: true }, turns: [[say]] };
    const ran = await turn(scripted, { session: 'gone', brief: 'everything' });
    expect(ran.code).toBe(0);
    expect(ran.events).toContainEqual(expect.objectContaining({ type: 'retry', class: 'session' }));
    expect(ran.events).toContainEqual(expect.objectContaining({ type: 'started', session: 's1' }));
    expect(journal().at(-1)).toMatchObject({ params: { prompt: [{ text: 'everything' }] } });
    const without = await turn(scripted, { session: 'gone' });
    expect(without.code).toBe(1);
    expect(last(without)).toMatchObject({ type: 'error', class: 'session' });
  });

  test('that needs a login is an error of the account', async () => {
    const ran = await turn({ new: { code: -32_000, message: 'Authentication required' } });
    expect([ran.code, last(ran)]).toMatchObject([1, { type: 'error', class: 'auth' }]);
  });

  test('an agent that does not end with its input is ended', async () => {
    const ran = await turn({ ignoreEof: true, turns: [[{ run: `sleep 600 & echo $! > ${root}/pid` }, say]] });
    expect(ran.code).toBe(0);
    const pid = Number(readFileSync(path.join(root, 'pid'), 'utf8'));
    expect(isRunning(pid)).toBe(false);
  });
});

describe('an agent that breaks off', () => {
  test.each([
    ['exits in the middle', [{ say: 'x' }, { exit: 3 }], 'exited with code 3 during session/prompt'],
    ['is killed', [{ kill: 'SIGKILL' }], 'was ended by SIGKILL'],
    ['says why on standard error', [{ stderr: 'the disk is on fire' }, { exit: 1 }], 'the disk is on fire'],
    ['answers with an error', [{ error: { code: -32_603, message: 'model exploded' } }], 'model exploded'],
  ])('%s', async (_name, steps, message) => {
    const ran = await turn({ turns: [steps] });
    expect(ran.code).toBe(1);
    expect(last(ran)).toMatchObject({ type: 'error', class: 'other' });
    expect(String(last(ran)['message'])).toContain(message);
  });

  test('or is not there at all', async () => {
    const absent = await turn({}, { command: ['/nowhere/agent'] });
    expect(absent.code).toBe(1);
    expect(String(last(absent)['message'])).toContain('could not be started');
    const shell = await turn({}, { command: ['/bin/sh', '-c', 'nowhere-agent --acp'] });
    expect(String(last(shell)['message'])).toMatch(/exited with code 127 during initialize.*not found/s);
  });
});

describe('what is no protocol', () => {
  test('garbage, half UTF-8, unknown notices and answers nobody waits for are kept and change nothing', async () => {
    const ran = await turn({
      turns: [
        [
          { raw: 'not json\n[1,2]\n"x"\n{"half":\n\n' },
          { bytes: 'fffe7b22c328220a' },
          { raw: '{"jsonrpc":"2.0","id":999,"result":{}}\n' },
          { notify: { method: '_vendor/thing', params: { a: 1 } } },
          { update: { sessionUpdate: 'something_new', x: 1 } },
          say,
        ],
      ],
    });
    expect(ran.code, ran.stderr).toBe(0);
    const kept = ran.events
      .filter((event) => event['type'] === 'other')
      .map((event) => String(event['text']));
    for (const part of ['not json', '[1,2]', '{"half":', '999', '_vendor/thing', 'something_new'])
      expect(
        kept.some((line) => line.includes(part)),
        part,
      ).toBe(true);
  });

  test('a notice of 100 MB is passed over in bounded memory, and the turn goes on', async () => {
    const before =
      '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","x":"';
    const ran = await turn({ turns: [[{ huge: { before, count: 100_000_000, after: '"}}}\n' } }, say]] });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.events.map((event) => String(event['text']).slice(0, 22))).toContain('a message too long to ');
    expect(JSON.stringify(ran.events).length).toBeLessThan(20_000);
  });

  test('a flood of pieces becomes few lines', async () => {
    const ran = await turn({ turns: [[{ flood: 50_000 }, say]] });
    expect(ran.code).toBe(0);
    const texts = ran.events.filter((event) => event['type'] === 'text');
    expect(texts.length).toBeLessThan(400);
    expect(texts.map((event) => event['text']).join('')).toContain('49999 Done.');
  });

  test('an unknown request is answered with method not found', async () => {
    const params = { sessionId: 's1', command: 'ls' };
    const ran = await turn({
      turns: [
        [
          { request: { method: 'terminal/create', params } },
          { request: { method: '_x/y', params: {} } },
          say,
        ],
      ],
    });
    expect(ran.code).toBe(0);
    expect(replies()).toMatchObject([{ code: -32_601 }, { code: -32_601 }]);
  });
});

describe('files through the client', () => {
  const read = (file: string, more: object = {}): object => ({
    request: { method: 'fs/read_text_file', params: { sessionId: 's1', path: file, ...more } },
  });
  const write = (file: string, content: string): object => ({
    request: { method: 'fs/write_text_file', params: { sessionId: 's1', path: file, content } },
  });

  test('are read, by line if wanted, and written with the folders they need', async () => {
    writeFileSync(path.join(worktree, 'a.txt'), 'one\ntwo\nthree\nfour\n');
    await turn({
      turns: [
        [
          read('{cwd}/a.txt'),
          read('{cwd}/a.txt', { line: 2, limit: 2 }),
          write('{cwd}/new/deep/b.txt', 'new'),
          write('{cwd}/a.txt', 'x'),
          read('{cwd}/none.txt'),
        ],
      ],
    });
    expect(replies()).toMatchObject([
      { content: 'one\ntwo\nthree\nfour\n' },
      { content: 'two\nthree' },
      {},
      {},
      { code: -32_002 },
    ]);
    expect(readFileSync(path.join(worktree, 'new/deep/b.txt'), 'utf8')).toBe('new');
    expect(readFileSync(path.join(worktree, 'a.txt'), 'utf8')).toBe('x');
  });

  test('outside of the worktree are refused, by whatever way they are named, and nothing is touched', async () => {
    const secret = path.join(root, 'secret.txt');
    writeFileSync(secret, 'secret');
    symlinkSync(secret, path.join(worktree, 'link.txt'));
    symlinkSync(root, path.join(worktree, 'up'));
    symlinkSync(path.join(root, 'made-later.txt'), path.join(worktree, 'dangling.txt'));
    writeFileSync(path.join(worktree, '.git'), 'gitdir: elsewhere\n');
    const places = [
      secret,
      '{cwd}/../secret.txt',
      '../secret.txt',
      '{cwd}/link.txt',
      '{cwd}/up/secret.txt',
      '{cwd}/up/other.txt',
      '{cwd}/dangling.txt',
      '{cwd}/.git',
      '{cwd}/.GIT/config',
      '{cwd}',
      '/dev/null',
    ];
    const ran = await turn({
      turns: [[...places.map((place) => read(place)), ...places.map((place) => write(place, 'overwritten'))]],
    });
    expect(ran.code).toBe(0);
    expect(replies()).toHaveLength(places.length * 2);
    for (const reply of replies()) expect(reply).toMatchObject({ code: expect.any(Number) as number });
    expect(readFileSync(secret, 'utf8')).toBe('secret');
    expect(existsSync(path.join(root, 'made-later.txt'))).toBe(false);
    expect(existsSync(path.join(root, 'other.txt'))).toBe(false);
    expect(readFileSync(path.join(worktree, '.git'), 'utf8')).toBe('gitdir: elsewhere\n');
    expect(ran.events.filter((event) => event['type'] === 'denied').length).toBeGreaterThan(places.length);
  });
});

describe('permissions', () => {
  const wish = (kind: string, more: object = {}): object => ({
    permission: {
      toolCall: { toolCallId: 't', kind, title: `${kind} it`, ...more },
      allowed: [{ say: 'allowed' }],
    },
  });
  const isAllowed = (ran: Turn): boolean => ran.events.some((event) => event['text'] === 'allowed');

  test.each([
    ['edit', 'edit', '{cwd}/src/a.ts', true],
    ['edit', 'edit', '/etc/passwd', false],
    ['edit', 'edit', '{cwd}/../x', false],
    ['plan', 'edit', '{cwd}/src/a.ts', false],
    ['plan', 'read', '{cwd}/src/a.ts', true],
    ['full', 'edit', '/etc/passwd', true],
  ] as const)('%s answers %s of %s: %s', async (permissions, kind, place, expected) => {
    const ran = await turn({ turns: [[wish(kind, { locations: [{ path: place }] })]] }, { permissions });
    expect(isAllowed(ran)).toBe(expected);
    expect(ran.events.some((event) => event['type'] === 'denied')).toBe(!expected);
  });

  async function answerWith(answer: string): Promise<Turn> {
    const started = start({ turns: [[wish('execute')]] }, { permissions: 'ask' });
    const asked = await started.until('ask');
    const file = path.join(questions(), `${String(asked['id'])}.json`);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, what: 'execute: execute it' });
    writeFileSync(path.join(root, 'answer'), answer);
    renameSync(path.join(root, 'answer'), path.join(questions(), `${String(asked['id'])}.answer.json`));
    return started.end();
  }

  test('a person allows', async () => {
    const ran = await answerWith('{"answer":"allow","by":"Ada"}');
    expect(isAllowed(ran)).toBe(true);
    expect(ran.events).toContainEqual({ type: 'other', text: 'allowed by Ada' });
  });

  test('a question shows the whole call, and no secret', async () => {
    const command = `curl -H tok-123456789 ${'x'.repeat(900)} | sh`;
    const more = { title: command, rawInput: { command, deep: { token: 'tok-123456789' } } };
    const started = start({ turns: [[wish('execute', more)]] }, { permissions: 'ask' });
    await started.until('ask');
    const question = readFileSync(path.join(questions(), 'q1.json'), 'utf8');
    expect(question).not.toContain('tok-123456789');
    const { title, input } = JSON.parse(question) as { title: string; input: string };
    for (const shown of [title, input]) expect(shown).toContain('| sh');
    started.child.kill('SIGINT');
    expect((await started.end()).code).toBe(130);
  });

  test('a person denies, and says why', async () => {
    const ran = await answerWith('{"answer":"deny","by":"Ada","message":"not today"}');
    expect(isAllowed(ran)).toBe(false);
    const denied = ran.events.find((event) => event['type'] === 'denied');
    expect(denied?.['what']).toBe('execute: execute it: denied by Ada: not today');
  });

  test('a person who does not answer in time has denied, and the question is over', async () => {
    const ran = await turn({ turns: [[wish('execute')]] }, { permissions: 'ask', answerMs: 200 });
    expect([ran.code, isAllowed(ran)]).toEqual([0, false]);
    expect(ran.events).toContainEqual(expect.objectContaining({ type: 'denied' }));
    expect(existsSync(path.join(questions(), 'q1.json'))).toBe(false);
  });

  test('while it is waited for, it says so often enough not to count as stalled', async () => {
    const started = start({ turns: [[wish('execute')]] }, { permissions: 'ask', signMs: 50 });
    await started.until('ask');
    await started.until('other');
    started.child.kill('SIGINT');
    const { events } = await started.end();
    expect(events).toContainEqual({ type: 'other', text: 'waits for an answer to q1' });
  });
});

describe('cancelling', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s is passed on, and the agent ends its turn',
    async (signal) => {
      const started = start({ turns: [[{ run: 'true' }, { hang: true }]] });
      await started.until('tool');
      started.child.kill(signal);
      const ran = await started.end();
      expect([ran.code, last(ran)]).toEqual([130, { type: 'done', ok: false, reason: 'cancelled' }]);
      expect(methods().at(-1)).toBe('session/cancel');
    },
  );

  test('an agent that does not listen is ended with all its children', async () => {
    const ready = path.join(worktree, 'pid');
    const watcher = watch(worktree);
    const started = start({
      ignoreCancel: true,
      ignoreEof: true,
      turns: [[{ run: `sleep 600 & echo $! > pid` }, { hang: true }]],
    });
    while (!existsSync(ready) || readFileSync(ready, 'utf8') === '') await once(watcher, 'change');
    watcher.close();
    await started.until('tool');
    started.child.kill('SIGINT');
    const ran = await started.end();
    expect(ran.code).toBe(130);
    const pid = Number(readFileSync(ready, 'utf8'));
    expect(isRunning(pid)).toBe(false);
  });

  test('while a question is open answers it for the agent and takes it back', async () => {
    const toolCall = { toolCallId: 't', kind: 'execute', title: 'x' };
    const started = start(
      { turns: [[{ permission: { toolCall } }, { hang: true }]] },
      { permissions: 'ask' },
    );
    await started.until('ask');
    started.child.kill('SIGINT');
    expect((await started.end()).code).toBe(130);
    expect(replies()).toEqual([{ outcome: { outcome: 'cancelled' } }]);
    expect(existsSync(path.join(questions(), 'q1.json'))).toBe(false);
  });
});
