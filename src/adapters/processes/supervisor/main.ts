/**
 * The supervisor program: waits on stdin for one spec, runs it, records its exit. Bundled into one file and started by
 * `supervisor-pool.ts` in its own session. As long as no spec has come, end-of-file (the orchestrator is gone) ends it.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { redactText } from '../../../kit/redact.ts';
import { identityOf } from '../identity.ts';
import { DEFAULT_LADDER, type StartMessage, type SupervisorMessage } from '../protocol.ts';
import { Supervision } from './supervision.ts';

const NEWLINE = 10;
let supervision: Supervision | null = null;

// A polite end of the supervisor is a wish to stop what it runs; without a handler SIGUSR2 would end it.
process.on('SIGUSR2', () => supervision?.checkStop());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (supervision === null) process.exit(0);
    supervision.end('stopped', DEFAULT_LADDER);
  });

process.on('uncaughtException', (error) => void leaveAfter(error));
process.on('unhandledRejection', (error) => void leaveAfter(error));

const received: Buffer[] = [];
process.stdin.on('data', (chunk: Buffer) => {
  received.push(chunk);
  if (supervision === null && chunk.includes(NEWLINE)) void begin(Buffer.concat(received).toString('utf8'));
});
process.stdin.on('error', leaveIfIdle);
process.stdin.on('end', leaveIfIdle);

const supervisor = identityOf(process.pid);
if (supervisor === null) process.exit(1);
report({ kind: 'ready', supervisor });
setImmediate(warmUp);

async function begin(line: string): Promise<void> {
  const { spec } = JSON.parse(line) as StartMessage;
  supervision = new Supervision(spec, report);
  process.stdin.destroy();
  try {
    await supervision.run();
  } catch (error) {
    await leaveAfter(error);
  }
  process.exit(0);
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
