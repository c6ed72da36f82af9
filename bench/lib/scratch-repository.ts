/** A throw-away repository of any size, with the places Copse needs beside it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '../../src/core/ids.ts';

const FILES_PER_FOLDER = 50;
const LINES_PER_FILE = 24;

export interface ScratchRepository {
  readonly root: string;
  readonly path: AbsolutePath;
  readonly stateDir: AbsolutePath;
  /** Nothing of the machine's own git configuration. */
  readonly env: Readonly<Record<string, string>>;
  git(...args: readonly string[]): string;
  dispose(): void;
}

/** `fileCount` distinct files of about 1 KB, 50 in a folder, in one commit on `main`, checked out. */
export function makeRepository(fileCount: number): ScratchRepository {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'copse-bench-')));
  const path = join(root, 'repo');
  const env = environment(root);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: path, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  mkdirSync(path);
  git('init', '-q', '-b', 'main');
  execFileSync('git', ['fast-import', '--quiet'], { cwd: path, env, input: importStream(fileCount) });
  git('read-tree', '-u', '-m', 'HEAD');
  // What git itself asks for next would otherwise be part of the first measurement.
  git('status', '--porcelain');
  return {
    root,
    path: path as AbsolutePath,
    stateDir: join(root, 'state') as AbsolutePath,
    env,
    git,
    dispose: () => {
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function environment(root: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: root,
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'bench@example.invalid',
    GIT_COMMITTER_NAME: 'Bench',
    GIT_COMMITTER_EMAIL: 'bench@example.invalid',
  };
}

function importStream(fileCount: number): string {
  const parts = ['commit refs/heads/main\ncommitter Bench <bench@example.invalid> 1700000000 +0000\n'];
  parts.push('data 5\nfirst\n');
  for (let index = 0; index < fileCount; index += 1) {
    const lines = Array.from(
      { length: LINES_PER_FILE },
      (_, line) => `export const v${index}_${line} = ${line};`,
    );
    const content = `${lines.join('\n')}\n`;
    parts.push(`M 100644 inline ${fileName(index)}\ndata ${content.length}\n${content}\n`);
  }
  return parts.join('');
}

export function fileName(index: number): string {
  return `src/m${Math.floor(index / FILES_PER_FOLDER)}/f${index}.ts`;
}
