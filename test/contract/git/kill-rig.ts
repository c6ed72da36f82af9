/** Starts the program of the kill test and ends it, its git processes, or both, at a moment that a seed decides. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../../support/supervisor-bundle.ts';
import type { Operation } from './kill-operations.ts';
import { TEST_ENV } from './real-world.ts';

/** `all`: the program and its git processes. `program`: these live on. `git`: the program lives on and copes. */
export type KillMode = 'all' | 'program' | 'git';

export interface Kill {
  readonly mode: KillMode;
  /** Whether the operation was still running. */
  readonly isInside: boolean;
  /** Short-lived git processes at that moment; the two reading ones do not count. */
  readonly gitProcesses: number;
}

/** Mulberry32: small, seeded, good enough to pick moments. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class KillRig {
  readonly #program: string;
  /** How long each operation took when it was last seen to end, in milliseconds. */
  readonly #lengths = new Map<string, number>();

  private constructor(program: string) {
    this.#program = program;
  }

  static async start(): Promise<KillRig> {
    return new KillRig(await bundleProgram(fileURLToPath(new URL('kill-program.ts', import.meta.url))));
  }

  async killDuring(
    order: { readonly root: string; readonly state: string; readonly operation: Operation },
    choice: { readonly mode: KillMode; readonly moment: number },
  ): Promise<Kill> {
    const { name } = order.operation;
    const child = spawn(process.execPath, [this.#program, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...TEST_ENV, HOME: process.env['HOME'] ?? '' },
      detached: true,
    });
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = once(child, 'exit');
    await lines.next();
    const from = performance.now();
    let isInside = true;
    const answer = lines.next().then(({ value }) => {
      if (value === undefined) return;
      isInside = false;
      this.#lengths.set(name, performance.now() - from);
    });
    child.stdin.write('go\n');
    // A moment of the operation's usual length; the first guess errs on the early side.
    await Promise.race([delay(choice.moment * (this.#lengths.get(name) ?? 150)), answer]);
    const found = kill(child, choice.mode);
    const wasInside = isInside;
    if (choice.mode === 'git') {
      await answer;
      kill(child, 'all');
    }
    await ended;
    return { mode: choice.mode, isInside: wasInside, gitProcesses: found };
  }
}

function kill(child: ChildProcess, mode: KillMode): number {
  const pid = child.pid ?? 0;
  // Stopped first, so that nothing is started between the look and the kill.
  signal(pid, 'SIGSTOP');
  const children = childrenOf(pid);
  const working = children.filter((one) => !commandLine(one).includes('cat-file'));
  if (mode !== 'program') for (const one of mode === 'all' ? children : working) signal(-one, 'SIGKILL');
  signal(-pid, mode === 'git' ? 'SIGCONT' : 'SIGKILL');
  return working.length;
}

function childrenOf(pid: number): readonly number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.map(Number).filter((id) => {
    const stat = read(`/proc/${id}/stat`);
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(pid);
  });
}

function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}
