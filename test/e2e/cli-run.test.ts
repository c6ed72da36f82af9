import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

beforeAll(requireBuild);

let rig: Rig;
afterEach(() => rig.dispose());

const GATE = '{"scripts":{"test":"node -e 0"}}\n';

interface TaskRow {
  readonly id: string;
  readonly status: string;
  readonly worktree?: string;
}

function plan(tasks: string, more = ''): Record<string, string> {
  return { 'package.json': GATE, 'copse.yaml': `gates: {test: node -e 0}\n${more}tasks:\n${tasks}` };
}

function statuses(): Record<string, string> {
  const tasks = rig.data(['status'])['tasks'] as TaskRow[];
  return Object.fromEntries(tasks.map((task) => [task.id, task.status]));
}

describe('copse run', () => {
  test('takes prompts, shows what it found, lands them and leaves the checkout alone', () => {
    rig = new Rig('prompts', { 'package.json': GATE });
    const before = rig.git('rev-parse', 'HEAD');
    const ran = rig.copse(['run', '--agent', 'demo', 'Add a notes page', 'Write a changelog']);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('gate    test: npm test  (package.json scripts.test)');
    expect(ran.stderr).toContain('copse merge copse/integration --into main');
    expect(ran.stdout).toContain('2 of 2 tasks');
    expect(statuses()).toEqual({ 'add-a-notes-page': 'landed', 'write-a-changelog': 'landed' });
    expect(rig.git('rev-parse', 'HEAD')).toBe(before);
    expect(rig.git('status', '--porcelain')).toBe('');
    expect(rig.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(JSON.parse(readFileSync(path.join(rig.stateDir, 'status.json'), 'utf8'))).toMatchObject({
      schema: 'copse.status/1',
      data: { run: { outcome: 'done' } },
    });
    expect(rig.copse(['merge', 'copse/integration', '--into', 'main']).code).toBe(0);
    expect(rig.git('log', '--oneline', 'main')).toContain('Add a notes page');
    expect(rig.git('status', '--porcelain')).toBe('');
  });

  test('prints one event a line with --json and ends with a summary', () => {
    rig = new Rig('json', plan('  a: {prompt: Do it, agent: demo}\n'));
    const ran = rig.copse(['run', '--json', '--yes']);
    const lines = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(ran.code).toBe(0);
    expect(lines.at(0)).toMatchObject({ v: 1, seq: 1, type: 'run.started' });
    expect(lines.at(-1)).toMatchObject({ type: 'run.summary', outcome: 'done', exit_code: 0 });
    const seqs = lines.slice(0, -1).map((line) => line['seq']);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const events = rig
      .copse(['events'])
      .stdout.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toEqual(lines.slice(0, -1));
    const since = rig.copse(['events', '--since', '3']).stdout.split('\n')[0] ?? '';
    expect(JSON.parse(since)).toMatchObject({ seq: 3 });
  });

  test('runs the commands of a plan only when they were allowed, and asks again after a change', () => {
    rig = new Rig('trust', plan('  a: {prompt: Do it, agent: demo}\n'));
    const refused = rig.copse(['run']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('gate test: node -e 0');
    expect(rig.git('branch', '--list', 'copse/*')).toBe('');
    expect(rig.copse(['trust']).stdout).toContain('gate test: node -e 0');
    expect(rig.copse(['run']).code).toBe(0);
    rig.write(
      'copse.yaml',
      'gates: {test: node -e 0}\nworkspace: {setup: ["true"]}\ntasks:\n  b: {prompt: Do more, agent: demo}\n',
    );
    rig.git('commit', '-qam', 'set-up');
    expect(rig.copse(['run']).code).toBe(4);
    expect(rig.copse(['run', '--yes']).code).toBe(0);
  });

  test('judges by the gates of the target, and says where the working copy differs', () => {
    rig = new Rig('gates', plan('  a: {prompt: Do it, agent: demo}\n'));
    rig.write('copse.yaml', 'gates: {test: "exit 3"}\ntasks:\n  a: {prompt: Do it, agent: demo}\n');
    const ran = rig.copse(['run', '--yes']);
    expect(ran.stderr).toContain('gate test is `node -e 0` on copse/integration, which counts');
    expect(ran.code).toBe(0);
  });

  test('--dry-run shows and changes nothing', () => {
    rig = new Rig(
      'dry',
      plan('  a: {prompt: Do it, agent: demo}\n  b: {prompt: Then, agent: demo, needs: a}\n'),
    );
    expect(rig.copse(['run', '--dry-run']).stdout).toContain('needs a');
    expect(rig.data(['run', '--dry-run'])).toMatchObject({
      trusted: false,
      target: { branch: 'copse/integration' },
    });
    expect(rig.git('branch', '--list', 'copse/*')).toBe('');
    expect(rig.data(['status'])['run']).toBeNull();
  });

  test('a failed task ends with 5 and a block that can be acted on; retry goes on from there', () => {
    rig = new Rig(
      'fail',
      plan(
        '  a:\n    agent: demo\n    retries: {max: 0}\n    prompt: |\n      Try\n      demo: unless-prompt-contains again fail no\n',
      ),
    );
    const ran = rig.copse(['run', '--yes']);
    expect(ran.code).toBe(5);
    expect(ran.stderr).toMatch(/error\[.*\]: task a failed/);
    expect(ran.stderr).toContain('copse retry a');
    expect(statuses()).toEqual({ a: 'failed' });
    expect(rig.copse(['explain', 'a']).stdout).toContain('copse logs a');
    expect(rig.copse(['logs', 'a']).code).toBe(0);
    expect(rig.copse(['retry', 'nope']).code).toBe(2);
    expect(rig.copse(['retry', 'a']).code).toBe(5);
    expect((rig.data(['status', 'a'])['tasks'] as { attempt: number }[])[0]?.attempt).toBe(2);
  });

  test('only the named tasks run, with what they need', () => {
    rig = new Rig(
      'ids',
      plan(
        '  a: {prompt: One, agent: demo}\n  b: {prompt: Two, agent: demo, needs: a}\n  c: {prompt: Three, agent: demo}\n',
      ),
    );
    expect(rig.copse(['run', 'b', '--yes']).code).toBe(0);
    expect(statuses()).toMatchObject({ a: 'landed', b: 'landed' });
    expect(statuses()['c']).not.toBe('landed');
    expect(rig.copse(['run', 'nope', '--yes']).code).toBe(2);
  });

  test('prepare makes worktrees; status inside one is about its task', () => {
    rig = new Rig('prepare', plan('  a: {prompt: One, agent: demo}\n  b: {prompt: Two, agent: demo}\n'));
    expect(rig.copse(['prepare', 'a', 'b', '--yes']).code).toBe(0);
    const tasks = rig.data(['status'])['tasks'] as TaskRow[];
    const worktree = tasks.find((task) => task.id === 'a')?.worktree ?? '';
    expect(existsSync(worktree)).toBe(true);
    const own = rig.data(['status'], { cwd: worktree })['tasks'] as TaskRow[];
    expect(own.map((task) => task.id)).toEqual(['a']);
    expect(rig.copse(['cleanup', '--all', '--yes']).code).toBe(0);
    expect(existsSync(worktree)).toBe(false);
  });

  test('output of an agent cannot reach the terminal with its control characters', () => {
    const loud = 'printf "\\\\033]0;owned\\\\007\\\\033[2Jtext\\\\n"; : {prompt}';
    rig = new Rig('hostile', {
      'copse.yaml': `gates: {test: node -e 0}\nagents:\n  loud:\n    run: '${loud.replaceAll('\\\\', '\\')}'\ntasks:\n  a: {prompt: "x \\u202Ey", agent: loud, retries: {max: 0}}\n`,
    });
    rig.copse(['run', '--yes']);
    const shown = rig.copse(['logs', 'a']);
    expect(shown.stdout).toContain('text');
    for (const ran of [shown, rig.copse(['status']), rig.copse(['report'])]) {
      // oxlint-disable-next-line no-control-regex
      expect(ran.stdout + ran.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    expect(rig.copse(['logs', 'a', '--raw']).stdout).toContain('\u001b[2J');
  });
});

describe('a run that is on', () => {
  const SLOW = plan('  a:\n    agent: demo\n    prompt: |\n      Slow\n      demo: work 60s\n');

  test('can be watched, paused, resumed and stopped from elsewhere; a second leader is refused', async () => {
    rig = new Rig('steer', SLOW);
    const run = rig.start(['run', '--yes']);
    await run.says('demo started');
    expect(statuses()).toEqual({ a: 'working' });
    expect(rig.copse(['run', '--yes']).code).toBe(9);
    expect(rig.copse(['pause']).stdout).toContain('paused');
    expect((rig.data(['status'])['run'] as { state: string }).state).toBe('paused');
    expect(rig.copse(['resume']).code).toBe(0);
    expect((rig.data(['status'])['run'] as { state: string }).state).toBe('running');
    expect(rig.copse(['skip', 'nope']).code).toBe(2);
    expect(rig.copse(['stop', 'a']).code).toBe(0);
    const ended = await run.ended;
    expect(ended.code).toBe(5);
    expect(statuses()).toEqual({ a: 'stopped' });
  });

  test('Ctrl-C twice stops the agents; run goes on with their tasks', async () => {
    rig = new Rig('interrupt', {
      ...SLOW,
      'copse.yaml':
        'gates: {test: node -e 0}\ntasks:\n  a:\n    agent: demo\n    prompt: |\n      Slow\n      demo: on-attempt 1 work 60s\n      demo: write x.txt y\n',
    });
    const run = rig.start(['run', '--yes']);
    await run.says('demo started');
    run.kill('SIGINT');
    await run.says('nothing new is started');
    run.kill('SIGINT');
    const ended = await run.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('copse run');
    expect(rig.copse(['run', '--yes']).code).toBe(0);
    expect(statuses()).toEqual({ a: 'landed' });
  });

  test('a killed leader is followed by the next one, which adopts its agents', async () => {
    rig = new Rig('kill', {
      ...SLOW,
      'copse.yaml':
        'gates: {test: node -e 0}\ntasks:\n  a:\n    agent: demo\n    prompt: |\n      Slow\n      demo: work 2s\n      demo: write x.txt y\n',
    });
    const run = rig.start(['run', '--yes']);
    await run.says('demo started');
    run.kill('SIGKILL');
    await run.ended;
    expect((rig.data(['status'])['run'] as { state: string }).state).toBe('interrupted');
    expect(rig.copse(['run', 'new thing please', '--agent', 'demo']).code).toBe(6);
    const resumed = rig.copse(['run']);
    expect(resumed.code).toBe(0);
    expect(statuses()).toEqual({ a: 'landed' });
    expect((rig.data(['status', 'a'])['tasks'] as { attempt: number }[])[0]?.attempt).toBe(1);
  });

  test('reset ends it and keeps what was written', async () => {
    rig = new Rig('reset', {
      ...SLOW,
      'copse.yaml':
        'gates: {test: node -e 0}\ntasks:\n  a:\n    agent: demo\n    prompt: |\n      Slow\n      demo: write half.txt done\n      demo: say written\n      demo: work 60s\n',
    });
    const run = rig.start(['run', '--yes', '--detach']);
    expect((await run.ended).code).toBe(0);
    const logs = rig.start(['logs', 'a', '-f']);
    await logs.says('written');
    expect(rig.copse(['reset', '--yes']).code).toBe(0);
    await logs.ended;
    expect((rig.data(['status'])['run'] as { outcome: string }).outcome).toBe('stopped');
    const saved = rig.data(['recover'])['saved'] as { name: string; commit: string }[];
    const one = saved.find((work) => work.name.includes('/a/'));
    expect(one).toBeDefined();
    expect(rig.copse(['recover', one?.name ?? '']).code).toBe(0);
    const branch = rig.git('branch', '--list', 'copse/recovered/*').trim();
    expect(rig.git('show', `${branch}:half.txt`)).toBe('done');
  });
});

describe('copse merge', () => {
  function branches(): void {
    rig = new Rig('merge', { 'sum.txt': '1\n' });
    const commit = (branch: string, file: string, text: string): void => {
      rig.git('checkout', '-q', '-b', branch, 'main');
      rig.write(file, text);
      rig.git('add', '-A');
      rig.git('commit', '-q', '-m', branch);
      rig.git('checkout', '-q', 'main');
    };
    commit('good', 'a.txt', 'a\n');
    commit('bad', 'bad.txt', 'b\n');
    commit('one', 'sum.txt', '2\n');
    commit('two', 'sum.txt', '3\n');
  }

  test('lands what is proven, ejects what breaks the gate, and names conflicts', () => {
    branches();
    const data = rig.data([
      'merge',
      'good',
      'bad',
      'one',
      'two',
      '--gate',
      'test ! -e bad.txt',
      '--slots',
      '2',
    ]);
    expect((data['landed'] as { branch: string }[]).map((one) => one.branch).toSorted()).toContain('good');
    expect(data['ejected']).toMatchObject([{ branch: 'bad' }]);
    expect(data['conflicted']).toHaveLength(1);
    expect(data['target']).toMatchObject({ branch: 'main', commit: rig.git('rev-parse', 'main') });
    expect(data['gate_runs']).toBeGreaterThan(0);
    expect(data['exit_code']).toBe(5);
    expect(rig.git('status', '--porcelain')).toBe('');
    expect(existsSync(path.join(rig.repository, 'a.txt'))).toBe(true);
  });

  test('needs a gate, or to be told that none is wanted', () => {
    branches();
    expect(rig.copse(['merge', 'good']).code).toBe(2);
    expect(rig.copse(['merge', 'good', '--no-gates']).code).toBe(0);
    expect(rig.copse(['merge', 'main', '--no-gates']).code).toBe(2);
  });

  test('undo takes a landing back with its checkout, once', () => {
    branches();
    const before = rig.git('rev-parse', 'main');
    expect(rig.copse(['merge', 'good', '--gate', 'true']).code).toBe(0);
    expect(rig.copse(['undo']).code).toBe(6);
    expect(rig.copse(['undo', '--yes']).code).toBe(0);
    expect(rig.git('rev-parse', 'main')).toBe(before);
    expect(rig.git('status', '--porcelain')).toBe('');
    expect(readdirSync(rig.repository)).not.toContain('a.txt');
    expect(rig.copse(['undo', '--yes']).code).toBe(2);
    expect(rig.copse(['log']).stdout).toContain('undone by');
  });

  test('a checkout with changes holds the landing, which the next run publishes', () => {
    branches();
    writeFileSync(path.join(rig.repository, 'sum.txt'), 'mine\n');
    const held = rig.copse(['merge', 'good', '--gate', 'true']);
    expect(held.code).toBe(6);
    expect(held.stderr).toContain('copse run');
    expect(readFileSync(path.join(rig.repository, 'sum.txt'), 'utf8')).toBe('mine\n');
    rig.git('checkout', 'sum.txt');
    expect(rig.copse(['run']).code).toBe(0);
    expect(existsSync(path.join(rig.repository, 'a.txt'))).toBe(true);
  });
});

describe('copse verify', () => {
  test('runs the gates on the checkout’s commit and prints metrics', () => {
    rig = new Rig('verify', {
      'copse.yaml':
        'gates:\n  test:\n    run: echo 7 passed\n    metrics: {passed: {regex: "(\\\\d+) passed", min: 5}}\ntasks:\n  a: {prompt: x, agent: demo}\n',
    });
    const ran = rig.copse(['verify', '--yes']);
    expect(ran.stdout).toContain('passed = 7');
    expect(ran.code).toBe(0);
    rig.write('copse.yaml', 'gates: {test: exit 3}\ntasks:\n  a: {prompt: x, agent: demo}\n');
    rig.git('commit', '-qam', 'red');
    expect(rig.copse(['verify', '--yes']).code).toBe(5);
  });
});
