import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { openProcesses, type Processes } from '../../src/adapters/processes/open-processes.ts';
import type { FakeScript } from '../../src/adapters/processes-fake/fake-script.ts';
import {
  FakeProcessWorld,
  openFakeProcesses,
} from '../../src/adapters/processes-fake/open-fake-processes.ts';
import type { AbsolutePath } from '../../src/core/ids.ts';
import type { ProcessPort, ProcessSpec } from '../../src/ports/processes.ts';
import type { Failpoint } from '../../src/ports/world.ts';
import { bundleSupervisor } from './supervisor-bundle.ts';

/** A process port with what a suite needs to drive it, the same for the fake and the real one. */
export interface ProcessRig {
  /** As a new orchestrator would open it. */
  open(failpoint?: Failpoint): ProcessPort;
  spec(change?: Partial<ProcessSpec>): ProcessSpec;
  /** An argv that behaves as told. */
  program(script: FakeScript): readonly [string, ...string[]];
  missingProgram(): readonly [string, ...string[]];
  /** Lets time pass until it settles. */
  settle<T>(promise: Promise<T>): Promise<T>;
  loseSupervisor(runDir: AbsolutePath): void;
  close(): Promise<void>;
}

const SCRIPTED = fileURLToPath(new URL('scripted-process.mjs', import.meta.url));
const nothing: Failpoint = async () => undefined;

export async function openRealRig(): Promise<ProcessRig & { readonly folder: AbsolutePath }> {
  const supervisorEntry = await bundleSupervisor();
  const folder = mkdtempSync(join(tmpdir(), 'copse-processes-')) as AbsolutePath;
  const marker = `test-${process.pid}-${folder.slice(-6)}`;
  const opened: Processes[] = [];
  let count = 0;
  const open = (failpoint = nothing): Processes => {
    const made = openProcesses({ failpoint, supervisorEntry, spares: 1 });
    opened.push(made);
    return made;
  };
  return {
    folder,
    open,
    spec: (change) => specIn(folder, (count += 1), marker, change),
    program: (script) => [process.execPath, SCRIPTED, JSON.stringify(script)],
    missingProgram: () => ['no-such-program-anywhere', 'x'],
    settle: async (promise) => promise,
    loseSupervisor: (runDir) => {
      process.kill(supervisorPid(runDir), 'SIGKILL');
    },
    close: async () => {
      const port = open();
      for (const name of readdirSync(folder)) {
        const runDir = join(folder, name) as AbsolutePath;
        if (name.startsWith('run-')) await port.stop(runDir, { interruptMs: 0, terminateMs: 0 });
      }
      await port.sweep({ marker, cwd: folder });
      for (const made of opened) made.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function openFakeRig(): Promise<ProcessRig> {
  const clock = new VirtualClock();
  const world = new FakeProcessWorld(clock, (spec) =>
    spec.argv[0] === 'missing'
      ? { exit: null, spawnFails: 'program not found: missing' }
      : (JSON.parse(spec.argv[1] ?? '') as FakeScript),
  );
  let count = 0;
  return {
    open: (failpoint = nothing) => openFakeProcesses({ world, failpoint }),
    spec: (change) => specIn('/fake', (count += 1), 'fake-marker', change),
    program: (script) => ['fake', JSON.stringify(script)],
    missingProgram: () => ['missing'],
    settle: async (promise) => clock.until(promise, 3_600_000),
    loseSupervisor: (runDir) => {
      world.loseSupervisor(runDir);
    },
    close: async () => undefined,
  };
}

/** From the run folder's `lock`. */
export function supervisorPid(runDir: string): number {
  const lock = JSON.parse(readFileSync(join(runDir, 'lock'), 'utf8')) as { supervisor: { pid: number } };
  return lock.supervisor.pid;
}

/** Whether a pid names a process that is not a zombie. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits for a fact; the test's own time limit ends it. */
export async function eventually<T>(probe: () => T | null | undefined | false): Promise<T> {
  for (;;) {
    const value = probe();
    if (value !== null && value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function specIn(
  folder: string,
  count: number,
  marker: string,
  change: Partial<ProcessSpec> = {},
): ProcessSpec {
  const cwd = join(folder, `cwd-${count}`) as AbsolutePath;
  if (folder !== '/fake') mkdirSync(cwd, { recursive: true });
  return {
    runDir: join(folder, `run-${count}`) as AbsolutePath,
    argv: ['true'],
    cwd,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdin: null,
    activityDir: null,
    timeoutMs: null,
    stallMs: null,
    logCap: { headBytes: 1 << 20, tailBytes: 1 << 20 },
    secrets: [],
    marker: `${marker}-${count}`,
    limits: { cpus: null, memoryBytes: null },
    niceness: 0,
    ...change,
  };
}

/** The whole log as a reader gets it who asks for pieces of `pieceBytes`. */
export async function readWholeLog(
  port: ProcessPort,
  runDir: AbsolutePath,
  pieceBytes = 65_536,
): Promise<string> {
  const parts: string[] = [];
  for (let offset = 0; ;) {
    const piece = await port.readLog(runDir, offset, pieceBytes);
    parts.push(piece.text);
    if (piece.nextOffset >= piece.totalBytes) return parts.join('');
    if (piece.nextOffset <= offset) throw new Error(`no progress at ${offset}`);
    offset = piece.nextOffset;
  }
}
