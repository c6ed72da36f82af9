/** The inbox through the real binary: permissions of an agent over ACP, approvals, messages, kills of the orchestrator. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild, Rig, type RunOptions, type Started } from '../rig/copse.ts';

const AGENT = fileURLToPath(new URL('../support/fake-acp-agent.mjs', import.meta.url));

beforeAll(() => requireBuild());
const rigs: Rig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.dispose();
});

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly what: string;
  readonly next: readonly { readonly command: string }[];
  readonly approval?: { readonly head: string };
}

function items(rig: Rig, options: RunOptions = {}): readonly Item[] {
  return rig.data(['inbox'], options)['items'] as readonly Item[];
}

describe('a permission', () => {
  const commit = { run: 'git add -A && git -c user.name=a -c user.email=a@a commit -qm greeting' };

  function setUp(): { readonly rig: Rig; readonly env: Readonly<Record<string, string>> } {
    const rig = new Rig('inbox', { 'README.md': 'hello\n', 'src/a.txt': 'a\n' });
    rigs.push(rig);
    const [folder, home] = [join(rig.root, 'acp'), join(rig.root, 'agent-home')];
    for (const made of [folder, home]) mkdirSync(made);
    const file = join(folder, 'script.json');
    const permission = {
      toolCall: { toolCallId: 't', kind: 'execute', title: 'git commit' },
      allowed: [{ run: 'echo fine >> src/greet.txt' }, commit],
    };
    writeFileSync(
      file,
      JSON.stringify({ capabilities: { loadSession: true }, turns: [[{ permission }, { say: 'Done.' }]] }),
    );
    const command = `'${process.execPath}' '${AGENT}' '${file}'`;
    writeFileSync(
      join(rig.repository, 'copse.yaml'),
      [
        'gates: {test: "true"}',
        'merge: {into: copse/integration}',
        `agents: {speaker: {acp: "${command}", permissions: ask}}`,
        `tasks: {greet: {prompt: Add a greeting, agent: speaker, retries: 0}}`,
        '',
      ].join('\n'),
    );
    return { rig, env: { HOME: home } };
  }

  test('is in the inbox, is allowed there, and the agent goes on and lands', async () => {
    const { rig, env } = setUp();
    const started = rig.start(['run', '--yes'], { env });
    await started.says(/asks: execute: git commit/);
    expect(items(rig)).toMatchObject([
      { id: 'greet.1.q1', kind: 'permission', task: 'greet', what: 'execute: git commit' },
    ]);
    const status = rig.data(['status']) as { tasks: readonly { status: string; reason: string }[] };
    expect(status.tasks).toMatchObject([
      { status: 'needs_you', reason: 'asks: execute: git commit (greet.1.q1)' },
    ]);
    expect(rig.copse(['explain', 'greet']).stdout).toContain('asks: execute: git commit');
    const ran = rig.copse(['approve', 'greet', '--by', 'Ada']);
    expect(ran, ran.stderr).toMatchObject({ code: 0, stdout: 'greet.1.q1  approved by Ada\n' });
    expect((await started.ended).code).toBe(0);
    expect(rig.git('show', 'copse/integration:src/greet.txt')).toBe('fine');
    expect(items(rig)).toEqual([]);
    const again = rig.copse(['approve', 'greet.1.q1']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('greet.1.q1 was allowed by Ada');
  });

  test('is still there once after a kill of the orchestrator, and is answered once', async () => {
    const { rig, env } = setUp();
    const first = rig.start(['run', '--yes'], { env });
    await first.says(/asks: execute: git commit/);
    first.kill('SIGKILL');
    await first.ended;
    expect(items(rig)).toHaveLength(1);
    const second = rig.start(['resume'], { env });
    await second.says('going on with');
    expect(items(rig)).toHaveLength(1);
    expect(rig.copse(['answer', 'greet', 'yes', '--by', 'Ada'], { env }).code).toBe(0);
    expect((await second.ended).code).toBe(0);
    expect(rig.git('show', 'copse/integration:src/greet.txt')).toBe('fine');
    const types = rig
      .copse(['events'])
      .stdout.split('\n')
      .filter((line) => line.includes('"type":"question.'));
    expect(types.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      'question.asked',
      'question.answered',
      'question.delivered',
    ]);
  });

  test('can be answered while nobody leads: the agent goes on at once', async () => {
    const { rig, env } = setUp();
    const first = rig.start(['run', '--yes'], { env });
    await first.says(/asks: execute: git commit/);
    first.kill('SIGKILL');
    await first.ended;
    const ran = rig.copse(['reject', 'greet', '-m', 'not now', '--json'], { env });
    expect(ran.code, ran.stderr).toBe(0);
    const resumed = rig.copse(['resume'], { env });
    expect(rig.copse(['logs', 'greet'], { env }).stdout).toMatch(/denied by .*: not now/);
    // It made no commit, since it was not allowed to.
    expect([resumed.code, items(rig)]).toMatchObject([6, [{ kind: 'escalation', cause: 'permission' }]]);
  });
});

describe('an approval', () => {
  function setUp(task = 'approval: true'): Rig {
    const rig = new Rig('inbox-approval');
    rigs.push(rig);
    writeFileSync(
      join(rig.repository, 'copse.yaml'),
      [
        'gates: {test: "! grep -rq BROKEN notes"}',
        'merge: {into: copse/integration}',
        'agents: {demo: {use: demo}}',
        `tasks: {docs: {prompt: "demo: on-attempt 1 write notes/a.md one\\ndemo: on-attempt 2+ write notes/a.md two\\ndemo: commit \\"note\\"", agent: demo, ${task}}}`,
        '',
      ].join('\n'),
    );
    return rig;
  }

  test('is waited for with exit code 6, and lands what was approved', () => {
    const rig = setUp();
    const ran = rig.copse(['run', '--yes']);
    expect(ran.code, ran.stderr).toBe(6);
    const [item] = items(rig);
    expect(item).toMatchObject({
      id: 'docs.a1',
      kind: 'approval',
      next: [{ command: 'copse approve docs.a1' }, {}, {}],
    });
    expect(rig.copse(['inbox', 'next']).code).toBe(6);
    const approved = rig.copse(['approve', 'docs', '-m', 'fine']);
    expect(approved.code, approved.stderr).toBe(0);
    expect(rig.git('show', 'copse/integration:notes/a.md')).toBe('one');
    expect(rig.copse(['inbox', 'next'])).toMatchObject({ code: 0, stdout: 'nothing waits for a person\n' });
  });

  test('is void after the head moved, by an agent or by hand', () => {
    const rig = setUp();
    expect(rig.copse(['run', '--yes']).code).toBe(6);
    const sent = rig.copse(['send', 'docs', 'Say two, not one']);
    expect(sent.code, sent.stderr).toBe(6);
    const [second] = items(rig);
    expect(second?.id).toBe('docs.a2');
    const stale = rig.copse(['approve', 'docs.a1']);
    expect([stale.code, stale.stderr]).toEqual([2, expect.stringContaining('needs no answer any more')]);
    const worktree = join(rig.root, 'repo.worktrees', 'docs');
    writeFileSync(join(worktree, 'notes', 'a.md'), 'three\n');
    rig.git('-C', worktree, 'commit', '-qam', 'by hand');
    const moved = rig.copse(['approve', 'docs.a2']);
    expect([moved.code, moved.stderr]).toEqual([
      6,
      expect.stringContaining('docs.a2 is void: the branch moved from'),
    ]);
    expect(items(rig)).toMatchObject([{ id: 'docs.a3' }]);
    expect(rig.copse(['approve', 'docs.a3']).code).toBe(0);
    expect(rig.git('show', 'copse/integration:notes/a.md')).toBe('three');
  });

  test('is not given by an agent: neither by its environment nor from its worktree', () => {
    const rig = setUp();
    expect(rig.copse(['run', '--yes']).code).toBe(6);
    const worktree = join(rig.root, 'repo.worktrees', 'docs');
    const within = { env: { COPSE_ATTEMPT: 'docs.1' } };
    const tries: readonly (readonly [readonly string[], RunOptions])[] = [
      [['approve', 'docs'], within],
      [['approve', 'docs'], { env: { COPSE_PROCESS_MARKER: 'x' } }],
      [['approve', 'docs'], { cwd: worktree }],
      [['reject', 'docs'], within],
      [['answer', 'docs', 'yes'], within],
      [['send', 'docs', 'x'], within],
    ];
    for (const [words, options] of tries) {
      const ran = rig.copse(words, options);
      expect([words, ran.code, ran.stderr]).toEqual([words, 2, expect.stringContaining('is for people')]);
    }
    expect(items(rig)).toMatchObject([{ id: 'docs.a1' }]);
  });

  test('is given only by those whom the plan names', () => {
    const rig = setUp('approval: {required: 2, from: [ada, ben]}');
    expect(rig.copse(['run', '--yes']).code).toBe(6);
    expect(rig.copse(['approve', 'docs', '--by', 'eve']).stderr).toContain('the plan names ada, ben');
    expect(rig.copse(['approve', 'docs', '--by', 'ada']).code).toBe(6);
    expect(rig.copse(['approve', 'docs', '--by', 'ada']).code).toBe(2);
    expect(rig.copse(['approve', 'docs', '--by', 'ben']).code).toBe(0);
  });
});

describe('a message', () => {
  test('reaches an agent at work at the end of its turn', async () => {
    const rig = new Rig('inbox-send');
    rigs.push(rig);
    const go = join(rig.root, 'go');
    const script = `cat >> ../prompts; while [ ! -e '${go}' ]; do sleep 0.05; done; echo x >> notes.md; git add -A; git commit -qm note`;
    writeFileSync(
      join(rig.repository, 'copse.yaml'),
      `gates: {test: "true"}\nmerge: {into: copse/integration}\nagents: {worker: {run: ${JSON.stringify(script)}, prompt_via: stdin}}\ntasks: {docs: {prompt: Write a note, agent: worker}}\n`,
    );
    const started: Started = rig.start(['run', '--yes', '-v']);
    await started.says(/worker started/);
    const sent = rig.copse(['send', 'docs', 'Mention the port']);
    expect(sent, sent.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('told when the turn under way has ended'),
    });
    writeFileSync(go, '');
    expect((await started.ended).code).toBe(0);
    const prompts = readFileSync(join(rig.root, 'repo.worktrees', 'prompts'), 'utf8');
    expect(prompts.split('Mention the port')).toHaveLength(2);
    expect(rig.git('show', 'copse/integration:notes.md')).toBe('x\nx');
  });
});

describe('a webhook', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Keeps the ids of what it got; `holds`: it never answers. */
  async function listen(
    holds: boolean,
  ): Promise<{ readonly to: string; readonly ids: string[]; readonly got: (key: string) => Promise<void> }> {
    const ids: string[] = [];
    let wake = (): void => undefined;
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        ids.push(String(request.headers['x-copse-delivery']));
        if (!holds) response.end('ok');
        wake();
      });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const got = async (key: string): Promise<void> => {
      while (!ids.some((id) => id.startsWith(key))) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { to, ids, got };
  }

  function plan(rig: Rig, to: string): void {
    writeFileSync(
      join(rig.repository, 'copse.yaml'),
      `gates: {test: "true"}\nmerge: {into: copse/integration}\nagents: {demo: {use: demo}}\nnotify: {to: "${to}"}\ntasks: {docs: {prompt: "demo: write a.md one", agent: demo, approval: true}}\n`,
    );
  }

  test('gets one POST for each thing, also across a kill while it does not answer', async () => {
    const rig = new Rig('inbox-notify');
    rigs.push(rig);
    const hook = await listen(true);
    plan(rig, hook.to);
    const started = rig.start(['run', '--yes']);
    // That the run ended is sent beside it, and may come first.
    await hook.got('needs_you:docs.a1');
    started.kill('SIGKILL');
    await started.ended;
    // Not by a call that waits: the server of this test has to answer meanwhile.
    const resumed = await rig.start(['resume']).ended;
    expect(resumed.code, resumed.stderr).toBe(6);
    const kinds = hook.ids.map((id) => id.replace(/:\d+$/, ''));
    expect(kinds.filter((id) => id === 'needs_you:docs.a1')).toHaveLength(1);
  });

  test.each(['before:act.notify', 'after:act.notify'])(
    'gets one POST for each thing, also killed at %s',
    async (point) => {
      const rig = new Rig('inbox-notify');
      rigs.push(rig);
      const hook = await listen(false);
      plan(rig, hook.to);
      await rig.start(['run', '--yes'], { env: { COPSE_FAILPOINTS: `${point}=kill@1` } }).ended;
      const resumed = await rig.start(['resume']).ended;
      expect(resumed.code, resumed.stderr).toBe(6);
      const kinds = hook.ids.map((id) => id.replace(/:\d+$/, ''));
      expect(kinds).toEqual([...new Set(kinds)]);
      // The two are sent side by side: what the kill met half sent may have arrived or not, is not sent again, and the log says so.
      const unsure = rig.copse(['events']).stdout.match(/"key":"[^"]*(?=:\d+".*"outcome":"unsure")/g) ?? [];
      const told = new Set([...kinds, ...unsure.map((found) => found.slice('"key":"'.length))]);
      expect([...told].toSorted()).toEqual(['done', 'needs_you:docs.a1']);
    },
  );

  test('that is dead fails nothing', () => {
    const rig = new Rig('inbox-dead');
    rigs.push(rig);
    plan(rig, 'http://127.0.0.1:47998/x');
    expect(rig.copse(['run', '--yes']).code).toBe(6);
    const sent = rig
      .copse(['events'])
      .stdout.split('\n')
      .filter((line) => line.includes('"notice.sent"'));
    expect(sent.map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual([
      'refused',
      'refused',
    ]);
  });
});
