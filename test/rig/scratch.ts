import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunId } from '../../src/core/ids.ts';

/** Git and programs see nothing of the machine's own configuration. */
export function scrubbedEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.invalid',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.invalid',
  };
}

/** A folder of its own for one test: a repository, a state folder, a home; removed by `dispose`. */
export class Scratch {
  readonly root: string;
  readonly repository: string;
  readonly stateDir: string;
  readonly environment: Record<string, string>;
  /** The run that the rig starts here. No other world has it: the markers of its processes come from it. */
  readonly run = `run-${randomBytes(6).toString('hex')}` as RunId;

  constructor(name: string) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), `copse-${name}-`)));
    this.repository = join(this.root, 'repo');
    this.stateDir = join(this.root, 'state');
    const home = join(this.root, 'home');
    for (const folder of [this.repository, home]) mkdirSync(folder);
    this.environment = scrubbedEnvironment(home);
  }

  /** Output of git in the repository, or in `gitDir`. */
  git(...args: readonly string[]): string {
    const env = this.environment;
    return execFileSync('git', [...args], {
      cwd: this.repository,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trimEnd();
  }

  write(path: string, content: string): void {
    const file = join(this.repository, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** A first commit on `main` with these files. */
  init(files: Readonly<Record<string, string>>): void {
    this.git('init', '-q', '-b', 'main');
    for (const [path, content] of Object.entries(files)) this.write(path, content);
    this.git('add', '-A');
    this.git('commit', '-q', '-m', 'first');
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
