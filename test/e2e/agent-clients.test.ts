/** Known clients through the real binary: stand-ins on PATH print what the real ones printed. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const recording = (name: string): string => join(ROOT, 'test/recordings', `${name}.jsonl`);

interface Turn {
  readonly print?: string;
  readonly write?: Readonly<Record<string, string>>;
  readonly stderr?: string;
  readonly code?: number;
}

beforeAll(() => requireBuild());
const rigs: Rig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.dispose();
});

function setUp(clients: Readonly<Record<string, readonly Turn[]>>) {
  const rig = new Rig('agent-clients', {
    'README.md': 'hello\n',
    'test.sh': '! grep -rq BROKEN src\n',
    'src/a.txt': 'a\n',
  });
  rigs.push(rig);
  const bin = join(rig.root, 'bin');
  const folder = join(rig.root, 'clients');
  const home = join(rig.root, 'agent-home');
  for (const made of [bin, folder, home]) mkdirSync(made);
  for (const [client, turns] of Object.entries(clients)) {
    const program = join(bin, client);
    copyFileSync(join(ROOT, 'test/rig/fake-client.mjs'), `${program}.mjs`);
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${program}.mjs' "$@"\n`);
    chmodSync(program, 0o755);
    writeFileSync(join(folder, `${client}.json`), JSON.stringify(turns));
    writeFileSync(join(bin, `${client}.version`), client === 'claude' ? '2.1.329 (Claude Code)' : '0.1.0');
  }
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: home, FAKE_CLIENT: folder };
  const calls = () =>
    readFileSync(join(folder, 'calls.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { client: string; task: string; argv: string[]; stdin: string });
  const plan = (text: string): void => writeFileSync(join(rig.repository, 'copse.yaml'), text);
  return { rig, env, home, calls, plan };
}

const PLAN = (tasks: string): string =>
  `gates: {test: sh test.sh}\nworkspace: {env: {FAKE_CLIENT: "$FAKE"}}\nmerge: {into: copse/integration}\n${tasks}`;

test('agent: claude works, goes on with its conversation after a red gate, and is counted exactly', () => {
  const { rig, env, home, calls, plan } = setUp({
    claude: [
      { print: recording('claude'), write: { 'src/greet.txt': 'BROKEN\n' } },
      { print: recording('claude.resumed'), write: { 'src/greet.txt': 'fine\n' } },
    ],
  });
  plan(PLAN('tasks: {greet: {prompt: Add a greeting, agent: claude}}').replace('$FAKE', env.FAKE_CLIENT));
  const ran = rig.copse(['run', '--yes'], { env });
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  const [first, second] = calls();
  expect(first?.argv).toContain('stream-json');
  expect(first?.stdin).toContain('Add a greeting');
  expect(second?.argv.join(' ')).toContain('--resume 58876f88-38c1-4193-b6cf-7606df707893');
  expect(second?.stdin).toContain('What went wrong last time');
  expect(second?.stdin).not.toContain('Add a greeting\n');

  const cost = rig.data(['cost'], { env }) as { total: object; by_attempt: readonly { usd: number }[] };
  expect(cost.total).toMatchObject({
    input_tokens: 5_600,
    cache_read_tokens: 1_400,
    output_tokens: 350,
    usd: 0.02247,
  });
  expect(cost.by_attempt.map((one) => one.usd)).toEqual([0.01605, 0.00642]);
  const status = rig.data(['status'], { env }) as {
    tasks: readonly { usage: object }[];
    run: { usage: object };
  };
  expect(status.tasks[0]?.usage).toMatchObject({ usd: 0.02247, estimated: false });
  expect(rig.copse(['cost'], { env }).stdout).toMatch(/greet\s+2\s+5\.6k/);

  const shown = rig.copse(['logs', 'greet', '--attempt', '1'], { env }).stdout;
  expect(shown).toContain('→ Bash mkdir -p src\n');
  expect(shown).toContain('· used: 4.0k in');
  expect(shown).not.toContain('"type"');
  expect(rig.copse(['logs', 'greet', '--attempt', '1', '--raw'], { env }).stdout).toBe(
    readFileSync(recording('claude'), 'utf8'),
  );
  expect(readdirSync(home)).toEqual([]);
});

test('codex gets the folders of git that a commit in a worktree needs', () => {
  const { rig, env, calls, plan } = setUp({
    codex: [{ print: recording('codex'), write: { 'src/x.txt': 'x\n' } }],
  });
  plan(PLAN('tasks: {x: {prompt: Do x, agent: codex}}').replace('$FAKE', env.FAKE_CLIENT));
  const ran = rig.copse(['run', '--yes'], { env });
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  const added = (calls()[0]?.argv ?? []).flatMap((arg, index, all) =>
    all[index - 1] === '--add-dir' ? [arg] : [],
  );
  expect(added[0]).toBe(join(rig.repository, '.git'));
  expect(added[1]).toMatch(new RegExp(`^${join(rig.repository, '.git', 'worktrees')}/[^/]+$`));
});

test('a login that is refused needs a person, and a fallback takes over where there is one', () => {
  const { rig, env, calls, plan } = setUp({
    claude: [{ print: recording('claude.auth'), code: 1 }],
    codex: [{ print: recording('codex'), write: { 'src/{task}.txt': 'x\n' } }],
  });
  plan(
    PLAN(
      'limits: {parallel: 1}\ntasks: {a: {prompt: Do a, agent: claude}, b: {prompt: Do b, agent: claude, fallback: codex}}',
    ).replace('$FAKE', env.FAKE_CLIENT),
  );
  const ran = rig.copse(['run', '--yes'], { env });
  expect(ran.code, ran.stdout + ran.stderr).toBe(6);
  expect(calls().map(({ client, task }) => `${client} ${task}`)).toEqual(['claude a', 'codex b']);
  const status = rig.data(['status'], { env }) as {
    run: { accounts: object };
    tasks: readonly { id: string; status: string; reason: string }[];
  };
  expect(status.run.accounts).toMatchObject([{ account: 'claude', cause: 'auth' }]);
  expect(status.tasks.map(({ id, status: kind }) => `${id} ${kind}`)).toEqual(['a needs_you', 'b landed']);
});

test('a budget of the run pauses it with exit code 8, and resume goes on', () => {
  const { rig, env, plan } = setUp({
    claude: [{ print: recording('claude'), write: { 'src/{task}.txt': 'x\n' } }],
  });
  const tasks = ['a', 'b', 'c'].map((id) => `${id}: {prompt: Do ${id}, agent: claude}`).join(', ');
  plan(
    PLAN(`budget: {usd: 0.02}\nlimits: {parallel: 1}\ntasks: {${tasks}}`).replace('$FAKE', env.FAKE_CLIENT),
  );
  const ran = rig.copse(['run', '--yes'], { env });
  expect(ran.code, ran.stdout + ran.stderr).toBe(8);
  expect(rig.data(['cost'], { env })).toMatchObject({
    total: { attempts: 2, usd: 0.0321 },
    budget: { exceeded: true },
  });
  const again = rig.copse(['resume'], { env });
  expect(again.code, again.stdout + again.stderr).toBe(0);
  expect(rig.data(['cost'], { env })).toMatchObject({ total: { attempts: 3 } });
});

test('agents and doctor name what is installed, its version and its traps, and ask no model', () => {
  const { rig, env } = setUp({ claude: [{ code: 9 }], codex: [{ code: 9 }] });
  const only = { ...env, PATH: `${join(rig.root, 'bin')}:/usr/bin:/bin` };
  const { agents } = rig.data(['agents'], { env: only }) as {
    agents: readonly { name: string; installed: boolean; ok: boolean; version?: string; trouble?: string }[];
  };
  expect(agents.find((one) => one.name === 'claude')).toMatchObject({
    installed: true,
    version: '2.1.329 (Claude Code)',
    ok: true,
  });
  expect(agents.find((one) => one.name === 'codex')).toMatchObject({
    installed: true,
    ok: false,
    trouble: expect.stringContaining('older than'),
  });
  expect(agents.find((one) => one.name === 'amp')).toMatchObject({ installed: false });
  expect(rig.copse(['doctor'], { env: only }).stdout).toContain('older than');
  expect(readdirSync(only.FAKE_CLIENT)).not.toContain('calls.jsonl');
});
