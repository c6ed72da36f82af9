import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

let rig: Rig;
beforeAll(() => {
  requireBuild();
  rig = new Rig('cli', { 'package.json': '{"scripts":{"test":"node -e 0"}}\n' });
});
afterAll(() => rig.dispose());

describe('before any run', () => {
  test.each([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['version'], /^\d+\.\d+\.\d+\n$/],
    [['--help'], /Usage: copse \[options\] <command>/],
    [['help', 'run'], /Usage: copse run \[options\] \[words\.\.\.\]/],
    [['run', '--help'], /--no-merge/],
    [['help', 'plan', 'add'], /--needs <id>/],
    [['help', 'exit-codes'], /^9 {4}another Copse process leads/m],
    [['help', 'environment'], /COPSE_STATE_DIR/],
    [['help', 'states'], /needs_you/],
    [['help', 'json'], /copse\.<thing>\/1/],
    [['completion', 'bash'], /complete -o filenames -F _copse copse/],
    [['completion', 'zsh'], /#compdef copse/],
    [['completion', 'fish'], /complete -c copse/],
    [['explain', 'e0330'], /E0330/],
    [['explain', 'leader-held'], /One process at a time/],
    [['explain', '7'], /conflict/],
    [['status'], /no run yet/],
    [['log'], /nothing was done/],
    [['recover'], /nothing is saved/],
    [['cleanup'], /nothing to clean up/],
    [[], /copse demo/],
  ] as const)('%j answers on standard output', (args, expected) => {
    const ran = rig.copse(args);
    expect(ran.stdout).toMatch(expected);
    expect(ran.code).toBe(0);
  });

  test.each([
    [['frobnicate'], 2, 'usage-unknown-command'],
    [['statsu'], 2, 'copse status'],
    [['run', '--frob'], 2, 'unknown option'],
    [['run', '--parallel', 'x'], 2, 'expected a whole number'],
    [['merge'], 2, 'no branch was named'],
    [['merge', 'nope'], 2, 'there is no branch nope'],
    [['serve'], 2, 'not available yet'],
    [['full'], 2, 'not available yet'],
    [['plan', 'import', 'x'], 2, 'not available yet'],
    [['run', 'nowhere.yaml'], 2, 'there is no plan file'],
    [['run'], 2, 'there is no copse.yaml'],
    [['run', ' '], 2, 'a prompt is empty'],
    [['run', '--agent', 'nobody', 'x y'], 2, 'names no agent'],
    [['pause'], 2, 'no run yet'],
    [['retry', 'x'], 2, 'no run yet'],
    [['report'], 2, 'no run yet'],
    [['undo'], 2, 'nothing to undo'],
    [['explain', 'E9999'], 2, 'no error code'],
    [['--color', 'pink', 'status'], 2, 'auto, always or never'],
    [['run', 'Add a page'], 4, '--agent demo'],
  ] as const)('%j ends with %i and says why', (args, code, text) => {
    const ran = rig.copse(args);
    expect(ran.stderr).toContain(text);
    expect(ran.stdout).toBe('');
    expect(ran.code).toBe(code);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
  });

  test('every error says what to run next', () => {
    expect(rig.copse(['statsu']).stderr).toMatch(/next {3}copse status\n$/);
  });

  test('an error is one envelope with --json', () => {
    const ran = rig.copse(['retry', 'x', '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      schema: 'copse.error/1',
      data: { code: 'no-run', exit_code: 2, next: 'copse run' },
    });
  });

  test('outside of a repository says so', () => {
    const ran = rig.copse(['status'], { cwd: rig.root });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('git-not-a-repository');
    expect(rig.copse([], { cwd: rig.root }).code).toBe(0);
  });

  test('-C starts elsewhere, before and after the command', () => {
    mkdirSync(path.join(rig.repository, 'deep/er'), { recursive: true });
    for (const args of [
      ['-C', 'repo', 'status'],
      ['status', '-C', 'repo/deep/er'],
    ]) {
      expect(rig.copse(args, { cwd: rig.root }).stdout).toContain('no run yet');
    }
  });

  test('colour is for terminals, or when it is forced', () => {
    const error = (env: Record<string, string>, ...args: string[]): string =>
      rig.copse(['frob', ...args], { env }).stderr;
    expect(error({})).not.toContain('\u001b');
    expect(error({ FORCE_COLOR: '1' }, '--color', 'always')).toContain('\u001b[31m');
    expect(error({ FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\u001b');
  });

  test('a reader that goes away is no error', () => {
    const ran = rig.copse(['help', 'exit-codes'], {});
    expect(ran.code).toBe(0);
    const command = `"${process.execPath}" dist/copse.js plan schema | head -c 10`;
    expect(rig.shell(command)).toEqual({ code: 0, stderr: '' });
  });
});

describe('doctor and init', () => {
  test('doctor checks the machine and puts permissions right', () => {
    rig.copse(['status']);
    const checks = rig.data(['doctor'])['checks'] as { name: string; status: string }[];
    expect(checks.map((check) => check.name)).toEqual(
      expect.arrayContaining([
        'node',
        'git',
        'sqlite',
        'repository',
        'state',
        'disk',
        'worktrees',
        'gate test',
      ]),
    );
    expect(checks.filter((check) => check.status === 'fail')).toEqual([]);
  });

  test('init writes a plan that is valid, small, allowed, and only once', () => {
    const own = new Rig('init', { 'package.json': '{"scripts":{"test":"node -e 0","lint":"true"}}\n' });
    try {
      const ran = own.copse(['init', '--yes']);
      expect(ran.code).toBe(0);
      expect(ran.stderr).toContain('package.json scripts.test');
      const text = readFileSync(path.join(own.repository, 'copse.yaml'), 'utf8');
      expect(text.split('\n').length).toBeLessThan(20);
      expect(own.copse(['plan', 'check']).code).toBe(0);
      expect(own.copse(['run', '--agent', 'demo', '--no-input']).code).toBe(0);
      expect(own.copse(['init']).code).toBe(2);
    } finally {
      own.dispose();
    }
  });

  test('the state folder is private and found again after a move', () => {
    const own = new Rig('move', { 'package.json': '{"scripts":{"test":"node -e 0"}}\n' });
    try {
      const env = { COPSE_STATE_DIR: '', XDG_STATE_HOME: path.join(own.root, 'xdg') };
      expect(own.copse(['run', '--agent', 'demo', 'Add a page'], { env }).code).toBe(0);
      const before = own.copse(['status', '--json'], { env }).stdout;
      const state = JSON.parse(readFileSync(path.join(own.repository, '.git/copse.json'), 'utf8')) as {
        path: string;
      };
      expect(statSync(state.path).mode & 0o777).toBe(0o700);
      own.move('elsewhere');
      const after = own.copse(['status', '--json'], { env, cwd: path.join(own.root, 'elsewhere') });
      expect(JSON.parse(after.stdout)).toEqual(JSON.parse(before));
    } finally {
      own.dispose();
    }
  });
});

describe('plan', () => {
  test('check reports everything at once, fixes what it can', () => {
    const file = path.join(rig.repository, 'bad.yaml');
    writeFileSync(file, 'tasks:\n  a: {prompt: x, depends_on: b}\n  b: {prompt: y, needs: nope}\n');
    const ran = rig.copse(['plan', 'check', 'bad.yaml']);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('bad.yaml:2:');
    expect(ran.stderr).toContain('bad.yaml:3:');
    const problems = rig.data(['plan', 'check', 'bad.yaml'])['problems'] as { line: number }[];
    expect(problems.length).toBeGreaterThan(1);
    rig.copse(['plan', 'check', '--fix', 'bad.yaml']);
    expect(readFileSync(file, 'utf8')).toContain('needs: b');
  });

  test('forecast gives the longest chain and a schedule', () => {
    const file = path.join(rig.repository, 'sized.yaml');
    const tasks =
      'a: {prompt: x, estimate: 1h}\n  b: {prompt: y, estimate: 2h, needs: a}\n  c: {prompt: z, estimate: 1h}';
    writeFileSync(file, `tasks:\n  ${tasks}\n`);
    expect(rig.data(['plan', 'forecast', 'sized.yaml', '--parallel', '2'])).toMatchObject({
      critical_path: ['a', 'b'],
      lower_bound_minutes: 180,
      makespan_minutes: 180,
    });
    expect(rig.copse(['plan', 'show', 'sized.yaml', '--mermaid']).stdout).toContain('flowchart LR');
    expect(rig.copse(['plan', 'show', 'sized.yaml']).stdout).toContain('critical path 3h 00m');
  });

  test('add, edit and rm keep comments', () => {
    const own = new Rig('edit', { 'copse.yaml': '# mine\ntasks:\n  a: do a # first\n' });
    try {
      expect(own.copse(['plan', 'add', 'Do the second thing', '--id', 'b', '--needs', 'a']).code).toBe(0);
      expect(own.copse(['plan', 'edit', 'a', '--estimate', '2h']).code).toBe(0);
      const text = readFileSync(path.join(own.repository, 'copse.yaml'), 'utf8');
      expect(text).toContain('# mine');
      expect(text).toContain('estimate: 2h');
      expect(own.copse(['plan', 'rm', 'a']).code).toBe(2);
      expect(own.copse(['plan', 'rm', 'b']).code).toBe(0);
      expect(own.copse(['plan', 'rm', 'b']).code).toBe(2);
      expect(own.copse(['plan', 'add', 'x', '--needs', 'ghost']).code).toBe(3);
    } finally {
      own.dispose();
    }
  });

  test('the schema is JSON', () => {
    expect(JSON.parse(rig.copse(['plan', 'schema']).stdout)).toMatchObject({ title: 'Copse plan' });
  });
});
