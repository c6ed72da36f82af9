import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

let built = '';
let program = '';
let folder = '';
let worktree = '';

const env = {
  PATH: process.env['PATH'],
  HOME: '/nowhere',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  COPSE_TASK: 'api',
  COPSE_WAVE: '1',
  COPSE_ATTEMPT: 'api.1',
};

beforeAll(() => {
  built = mkdtempSync(path.join(tmpdir(), 'copse-demo-agent-'));
  program = path.join(built, 'demo-agent.mjs');
  buildSync({
    entryPoints: ['src/adapters/agents/demo/main.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'copse-demo-')));
  const repository = path.join(folder, 'repository');
  worktree = path.join(folder, 'api');
  mkdirSync(repository);
  const make = (...args: string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: repository,
      env,
      stdio: 'pipe',
    });
  make('init', '-q', '-b', 'main');
  writeFileSync(path.join(repository, 'a.txt'), 'one\n');
  make('add', '-A');
  make('commit', '-q', '-m', 'start');
  make('worktree', 'add', '-q', '-b', 'api', worktree);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Turn {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly events: readonly Record<string, unknown>[];
}

function turn(prompt: string, more: Record<string, string> = {}): Turn {
  const result = spawnSync(process.execPath, [program], {
    cwd: worktree,
    env: { ...env, COPSE_WORKTREE: worktree, ...more },
    input: prompt,
    maxBuffer: 1 << 27,
  });
  const lines = result.stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('{"type"') && line.endsWith('}'));
  return {
    code: result.status,
    signal: result.signal,
    stderr: result.stderr.toString(),
    events: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: worktree, env, encoding: 'utf8' }).trim();
const content = (file: string): string => readFileSync(path.join(worktree, file), 'utf8');

describe('without directives', () => {
  test('leaves one committed note, says so, and touches nothing else', () => {
    writeFileSync(path.join(worktree, 'unrelated.txt'), 'x');
    const { code, events } = turn('Add a /health endpoint\n\nScope: src/**');
    expect(code).toBe(0);
    expect(git('show', '--name-only', '--format=%s', 'HEAD')).toBe('Add a /health endpoint\n\nsrc/api.md');
    expect(git('status', '--porcelain')).toBe('?? unrelated.txt');
    expect(events.map((event) => event['type'])).toEqual([
      'started',
      'text',
      'tool',
      'tool',
      'usage',
      'done',
    ]);
  });

  test('is deterministic, and a second attempt adds to the note', () => {
    turn('Do it');
    const [first, tree] = [content('docs/notes/api.md'), git('rev-parse', 'HEAD^{tree}')];
    git('reset', '-q', '--hard', 'main');
    turn('Do it');
    expect([content('docs/notes/api.md'), git('rev-parse', 'HEAD^{tree}')]).toEqual([first, tree]);
    expect(turn('Do it', { COPSE_ATTEMPT: 'api.2' }).code).toBe(0);
    expect(content('docs/notes/api.md')).toContain('attempt 2');
    expect(git('rev-list', '--count', 'main..HEAD')).toBe('2');
  });

  test.each([
    ['docs is a file', () => writeFileSync(path.join(worktree, 'docs'), 'x')],
    ['docs is ignored', () => writeFileSync(path.join(worktree, '.gitignore'), 'docs/\n')],
    ['docs is a link out of the tree', () => symlinkSync(tmpdir(), path.join(worktree, 'docs'))],
  ])('finds another place when %s', (_case, prepare) => {
    prepare();
    expect(turn('Do it').code).toBe(0);
    expect(git('show', '--name-only', '--format=', 'HEAD')).toBe('NOTES-api.md');
  });

  test('runs no hook of the repository', () => {
    const hook = path.join(folder, 'repository/.git/hooks/pre-commit');
    writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(turn('Do it').code).toBe(0);
  });
});

describe('edits', () => {
  test('what is written is committed, at the end or when told', () => {
    const prompt =
      'Make it\ndemo: write b/c.txt <<EOF\nhello\nEOF\ndemo: commit "First\\n\\nbody"\ndemo: replace a.txt s/one/two/\ndemo: append a.txt three';
    expect(turn(prompt).code).toBe(0);
    expect([content('a.txt'), content('b/c.txt')]).toEqual(['two\nthree\n', 'hello\n']);
    expect(git('log', '--format=%s', 'main..HEAD')).toBe('Make it\nFirst');
    expect(git('status', '--porcelain')).toBe('');
  });

  test('dirty leaves changes where they are', () => {
    expect(turn('demo: write b.txt x\ndemo: dirty a.txt').code).toBe(0);
    expect(git('status', '--porcelain').split('\n')).toHaveLength(2);
    expect(git('rev-parse', 'HEAD')).toBe(git('rev-parse', 'main'));
  });

  test.each([
    ['demo: write ../x y', 'outside'],
    ['demo: write .git y', 'outside'],
    ['demo: write out/x y', 'leads outside'],
    ['demo: replace a.txt s/absent/x/', 'nothing matches'],
    ['demo: replace absent.txt s/a/b/', 'ENOENT'],
  ])('%s ends with exit 1: %s', (prompt, message) => {
    symlinkSync(folder, path.join(worktree, 'out'));
    expect(turn(prompt)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) as string });
  });

  test('an unknown directive ends with exit 2 before anything is done', () => {
    expect(turn('demo: write b.txt x\ndemo: explode')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('line 2') as string,
    });
    expect(existsSync(path.join(worktree, 'b.txt'))).toBe(false);
  });

  test('a failure on the first attempt is fixed on the second', () => {
    const prompt = 'demo: on-attempt 1 write b.txt broken\ndemo: on-attempt 2+ write b.txt fixed';
    turn(prompt);
    expect(content('b.txt')).toBe('broken\n');
    turn(prompt, { COPSE_ATTEMPT: 'api.2' });
    expect(content('b.txt')).toBe('fixed\n');
  });
});

describe('endings', () => {
  test.each<[string, number | null, string | null]>([
    ['demo: fail', 1, null],
    ['demo: exit 3', 3, null],
    ['demo: run exit 7', 7, null],
    ['demo: kill SIGKILL', null, 'SIGKILL'],
    ['demo: commit nothing to do', 0, null],
  ])('%s', (prompt, code, signal) => {
    expect(turn(prompt)).toMatchObject({ code, signal });
  });

  test('floods are as long as asked, and valid events stand between', () => {
    const result = spawnSync(process.execPath, [program], {
      cwd: worktree,
      env,
      input: 'demo: flood-line 3MB\ndemo: garbage 1MB\ndemo: say after',
      maxBuffer: 1 << 27,
    });
    expect(result.stdout.length).toBeGreaterThan(4_000_000);
    expect(result.stdout.toString()).toContain('{"type":"text","text":"after"}');
  });

  test.each([
    ['demo: stall', 'SIGTERM', 'SIGTERM'],
    ['demo: overrun', 'SIGTERM', null],
  ] as const)('%s answers %s with %s', async (prompt, signal, ended) => {
    const child = spawn(process.execPath, [program], {
      cwd: worktree,
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.end(`demo: say ready\n${prompt}`);
    await saw(child, prompt === 'demo: overrun' ? 'not stopping (1)' : 'ready');
    child.kill(signal);
    if (ended === null) {
      await saw(child, 'not stopping');
      child.kill('SIGKILL');
    }
    const [, by] = (await once(child, 'exit')) as [number | null, string | null];
    expect(by).toBe(ended ?? 'SIGKILL');
  });
});

describe('trespasses', () => {
  test('moves, deletes and leaves refs', () => {
    expect(turn('demo: write b x\ndemo: commit "b"\ndemo: move-ref main').code).toBe(0);
    expect(git('rev-parse', 'main')).toBe(git('rev-parse', 'api'));
    expect(turn('demo: checkout other\ndemo: write c x').code).toBe(0);
    expect(git('symbolic-ref', '--short', 'HEAD')).toBe('other');
    expect(turn('demo: detach\ndemo: delete-ref other').code).toBe(0);
    expect(git('branch', '--list', 'other')).toBe('');
  });

  test('plants hooks, configuration and conflict markers', () => {
    expect(
      turn('demo: plant-hook\ndemo: plant-config core.fsmonitor touch x\ndemo: conflict-markers').code,
    ).toBe(0);
    expect(existsSync(path.join(folder, 'repository/.git/hooks/post-checkout'))).toBe(true);
    expect(git('-c', 'core.fsmonitor=false', 'config', '--local', 'core.fsmonitor')).toBe('touch x');
    expect(content('conflicted.txt')).toMatch(/^<{7} ours$/m);
  });

  test('deletes the worktree it was given, and refuses any other folder', () => {
    expect(turn('demo: delete-worktree', { COPSE_WORKTREE: path.join(folder, 'repository') }).code).toBe(1);
    expect(existsSync(path.join(worktree, 'a.txt'))).toBe(true);
    expect(turn('demo: delete-worktree').code).toBe(0);
    expect(existsSync(worktree)).toBe(false);
  });
});

function saw(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
    child.once('exit', () => reject(new Error(`ended before it printed ${text}: ${seen}`)));
  });
}
