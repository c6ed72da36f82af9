import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DIST } from './programs.ts';
import { Scratch } from './scratch.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(DIST, 'copse.js');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Makes `dist/` when a single test file is run by hand; `npm test` has built it before. */
export function requireBuild(): void {
  if (!existsSync(PROGRAM))
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { stdio: 'ignore' });
}

/** The real binary in a repository of its own. */
export class Rig extends Scratch {
  readonly #children: Started[] = [];

  constructor(name: string, files: Readonly<Record<string, string>> = { 'README.md': 'hello\n' }) {
    super(name);
    this.init(files);
  }

  /** Runs to the end. */
  copse(args: readonly string[], options: RunOptions = {}): Ran {
    const result = spawnSync(process.execPath, [PROGRAM, ...args], {
      cwd: options.cwd ?? this.repository,
      env: this.#env(options),
      encoding: 'utf8',
      input: options.input ?? '',
      timeout: 120_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: result.status, stdout: result.stdout, stderr: result.stderr };
  }

  /** The `data` of the envelope a command prints; throws when standard output is anything else. */
  data(args: readonly string[], options: RunOptions = {}): Record<string, unknown> {
    const ran = this.copse([...args, '--json'], options);
    const envelope = JSON.parse(ran.stdout) as { schema: string; data: Record<string, unknown> };
    if (!/^copse\.[a-z_]+\/1$/.test(envelope.schema)) throw new Error(`no envelope: ${ran.stdout}`);
    return envelope.data;
  }

  /** Starts it and goes on. */
  start(args: readonly string[], options: RunOptions = {}): Started {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: options.cwd ?? this.repository,
      env: this.#env(options),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = new Started(child);
    this.#children.push(started);
    return started;
  }

  /** A line of a shell, started in Copse's own folder; a failure anywhere in a pipe is its exit code. */
  shell(command: string): { readonly code: number | null; readonly stderr: string } {
    const result = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
      cwd: ROOT,
      env: this.#env({}),
      encoding: 'utf8',
    });
    return { code: result.status, stderr: result.stderr };
  }

  /** Moves the repository beside where it was. */
  move(name: string): void {
    renameSync(this.repository, join(this.root, name));
  }

  override dispose(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    super.dispose();
  }

  #env(options: RunOptions): Record<string, string> {
    return { ...this.environment, COPSE_STATE_DIR: this.stateDir, ...options.env };
  }
}

/** A running command whose words can be waited for. */
export class Started {
  readonly ended: Promise<Ran>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#look();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      this.#look();
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when either stream holds the text; rejects when the command ended without it. */
  says(text: string | RegExp): Promise<void> {
    const holds = (): boolean => {
      const all = this.#stdout + this.#stderr;
      return typeof text === 'string' ? all.includes(text) : text.test(all);
    };
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      void this.ended.then((ran) => {
        if (holds()) resolve();
        else
          reject(
            new Error(`ended with ${ran.code} and never said ${String(text)}:\n${ran.stdout}\n${ran.stderr}`),
          );
      });
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
