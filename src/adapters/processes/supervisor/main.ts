/**
 * The supervisor program: waits on stdin for a spec, runs it, records its exit, and is ready for the next. Bundled into
 * one file and started by `supervisor-pool.ts` in its own session. While it runs nothing, end-of-file (the orchestrator is
 * gone) ends it.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { redactText } from '../../../kit/redact.ts';
import { identityOf } from '../identity.ts';
import { DEFAULT_LADDER, type StartMessage, type SupervisorMessage } from '../protocol.ts';
import { Supervision } from './supervision.ts';

/** Processes it runs one after the other; a fresh supervisor is cheap enough then. */
const MAX_RUNS = 500;
let supervision: Supervision | null = null;
let runs = 0;
let isInputOpen = true;

// A polite end of the supervisor is a wish to stop what it runs; without a handler SIGUSR2 would end it.
process.on('SIGUSR2', () => supervision?.checkStop());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (supervision === null) process.exit(0);
    supervision.end('stopped', DEFAULT_LADDER);
  });

process.on('uncaughtException', (error) => void leaveAfter(error));
process.on('unhandledRejection', (error) => void leaveAfter(error));

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (supervision === null) void begin(line);
  })
  .on('close', leaveIfIdle);
process.stdin.on('error', leaveIfIdle);

ready();
setImmediate(warmUp);

async function begin(line: string): Promise<void> {
  const { spec } = JSON.parse(line) as StartMessage;
  supervision = new Supervision(spec, report);
  runs += 1;
  try {
    if (!(await supervision.run()) || runs >= MAX_RUNS || !isInputOpen) process.exit(0);
  } catch (error) {
    await leaveAfter(error);
  }
  supervision = null;
  ready();
}

function ready(): void {
  const supervisor = identityOf(process.pid);
  if (supervisor === null) process.exit(1);
  report({ kind: 'ready', supervisor });
}

/** An error that nobody expected, such as a disk that fails: the process is ended, because nothing would watch it. */
async function leaveAfter(error: unknown): Promise<void> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const message = error instanceof Error ? error.message : String(error);
  try {
    // Without the lock nothing of ours is there, and the folder may be started again.
    if (supervision?.hasLock === true) await supervision.abandon(message);
  } catch {
    // The run folder cannot be written: whoever looks next settles it as lost.
  }
  report({ kind: 'refused', code, message });
  process.exit(1);
}

/** Compiles, while nobody waits, what the start of a process will use: measured 4 ms less until it runs. */
function warmUp(): void {
  if (supervision !== null) return;
  redactText('warm-up', ['warm-up']);
  spawn('/nonexistent/program', [], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] }).on(
    'error',
    () => undefined,
  );
}

function leaveIfIdle(): void {
  isInputOpen = false;
  if (supervision === null) process.exit(0);
}

/** Synchronous, because the next thing may be the end of this process. Nobody listening is normal. */
function report(message: SupervisorMessage): void {
  try {
    writeSync(1, `${JSON.stringify(message)}\n`);
  } catch {
    // The orchestrator that started us is gone; the run folder tells the next one.
  }
}
