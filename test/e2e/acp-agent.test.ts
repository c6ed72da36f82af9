/** An agent that speaks ACP through the real binary: a scripted one, driven by the built bridge under the supervisor. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

const AGENT = fileURLToPath(new URL('../support/fake-acp-agent.mjs', import.meta.url));

beforeAll(() => requireBuild());
const rigs: Rig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.dispose();
});

interface SetUp {
  readonly rig: Rig;
  readonly env: Readonly<Record<string, string>>;
  /** What the agent was sent, in all its processes. */
  readonly sent: () => readonly {
    readonly method?: string;
    readonly params?: Readonly<Record<string, unknown>>;
  }[];
}

function setUp(script: object, agent = ''): SetUp {
  const rig = new Rig('acp-agent', {
    'README.md': 'hello\n',
    'test.sh': '! grep -rq BROKEN src\n',
    'src/a.txt': 'a\n',
  });
  rigs.push(rig);
  const folder = join(rig.root, 'acp');
  const home = join(rig.root, 'agent-home');
  for (const made of [folder, home]) mkdirSync(made);
  const file = join(folder, 'script.json');
  writeFileSync(file, JSON.stringify(script));
  const command = `'${process.execPath}' '${AGENT}' '${file}'`;
  writeFileSync(
    join(rig.repository, 'copse.yaml'),
    [
      'gates: {test: sh test.sh}',
      'merge: {into: copse/integration}',
      `agents: {speaker: {acp: "${command}"${agent}}}`,
      'tasks: {greet: {prompt: Add a greeting, agent: speaker}}',
      '',
    ].join('\n'),
  );
  const sent: SetUp['sent'] = () =>
    readFileSync(`${file}.journal`, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { method?: string; params?: Record<string, unknown> });
  return { rig, env: { HOME: home }, sent };
}

/** Resolves when the path is there; its folder has to be. */
async function appears(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  while (!existsSync(path)) await once(watcher, 'change');
  watcher.close();
}

const edit = (content: string): object => ({
  request: {
    method: 'fs/write_text_file',
    params: { sessionId: 's1', path: '{cwd}/src/greet.txt', content },
  },
});
const commit = { run: 'git add -A && git -c user.name=a -c user.email=a@a commit -qm greeting' };
const promptsOf = (sent: ReturnType<SetUp['sent']>): string[] =>
  sent.flatMap(({ method, params }) => (method === 'session/prompt' ? [JSON.stringify(params)] : []));

test('edits, fails its gate, and puts it right in the same conversation', () => {
  const { rig, env, sent } = setUp({
    capabilities: { loadSession: true },
    usage: { inputTokens: 100, outputTokens: 10, cachedReadTokens: 0 },
    turns: [
      [edit('BROKEN\n'), commit, { say: 'Done.' }],
      [edit('fine\n'), commit, { say: 'Put right.' }],
    ],
  });
  const ran = rig.copse(['run', '--yes'], { env });
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(sent().flatMap(({ method }) => method ?? [])).toEqual([
    'initialize',
    'session/new',
    'session/prompt',
    'initialize',
    'session/load',
    'session/prompt',
  ]);
  const [first, second] = promptsOf(sent());
  expect(first).toContain('Add a greeting');
  expect(second).toContain('What went wrong last time');
  expect(second).toContain('"sessionId":"s1"');
  expect(rig.git('show', 'copse/integration:src/greet.txt')).toBe('fine');
  const status = rig.data(['status'], { env }) as { tasks: readonly { status: string; usage: object }[] };
  expect(status.tasks[0]?.status).toBe('landed');
  expect(status.tasks[0]?.usage).toMatchObject({ input_tokens: 200, output_tokens: 20 });
});

test('begins anew with the whole brief when its conversation is gone', () => {
  const { rig, env, sent } = setUp({
    capabilities: { loadSession: true },
    load: { code: -32_603, message: 'no previous sessions found' },
    turns: [[edit('BROKEN\n'), commit, { say: 'x' }]],
  });
  const plan = join(rig.repository, 'copse.yaml');
  writeFileSync(plan, readFileSync(plan, 'utf8').replace('agent: speaker', 'agent: speaker, retries: 1'));
  rig.copse(['run', '--yes'], { env });
  const [, second] = promptsOf(sent());
  expect(second).toContain('"sessionId":"s2"');
  expect(second).toContain('Add a greeting');
  expect(second).toContain('What went wrong last time');
});

test('a login that is missing is said as such, and nothing is tried again', () => {
  const { rig, env, sent } = setUp({ new: { code: -32_000, message: 'Authentication required' } });
  const ran = rig.copse(['run', '--yes', '--no-input'], { env });
  expect(ran.code).not.toBe(0);
  expect(sent().filter(({ method }) => method === 'session/new')).toHaveLength(1);
  expect(ran.stdout + ran.stderr).toMatch(/login/);
});

test('a question to a person lies in the folder of the attempt', async () => {
  const { rig, env } = setUp(
    {
      turns: [
        [
          { run: 'printf %s "$COPSE_PROMPT_FILE" > ../.where && mv ../.where ../where' },
          {
            permission: {
              toolCall: { toolCallId: 't', kind: 'execute', title: 'git commit' },
              allowed: [{ run: 'echo fine > src/greet.txt' }, commit],
            },
          },
          { say: 'Done.' },
        ],
      ],
    },
    ', permissions: ask',
  );
  const started = rig.start(['run', '--yes'], { env });
  const where = join(rig.root, 'repo.worktrees', 'where');
  mkdirSync(dirname(where), { recursive: true });
  await appears(where);
  const folder = join(dirname(readFileSync(where, 'utf8')), 'questions');
  await appears(folder);
  await appears(join(folder, 'q1.json'));
  expect(JSON.parse(readFileSync(join(folder, 'q1.json'), 'utf8'))).toMatchObject({
    what: 'execute: git commit',
  });
  writeFileSync(join(folder, '.answer'), '{"answer":"allow","by":"Ada"}');
  renameSync(join(folder, '.answer'), join(folder, 'q1.answer.json'));
  expect((await started.ended).code).toBe(0);
  expect(rig.git('show', 'copse/integration:src/greet.txt')).toBe('fine');
});
