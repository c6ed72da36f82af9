/** Runs one shell command under a supervisor to its end, or stops it when the result is no longer wanted. */
import type { AbsolutePath } from '../../core/ids.ts';
import type { ProcessExit } from '../../ports/processes.ts';
import { isLeaderEnd } from '../cancel.ts';
import type { ActContext } from '../deps.ts';

/** Log kept of set-up commands and gates. */
const COMMAND_LOG_CAP = { headBytes: 8_000_000, tailBytes: 24_000_000 };
/** Time to react to an interrupt and to TERM before KILL. */
const COMMAND_STOP_LADDER = { interruptMs: 2_000, terminateMs: 3_000 };
const GATE_NICENESS = 2;

export interface Command {
  readonly shell: string;
  readonly runDir: AbsolutePath;
  readonly cwd: AbsolutePath;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly marker: string;
}

/**
 * null when the result was no longer wanted: `context.signal` aborted, or a leader before this one stopped it and died. The
 * whole process tree is gone then. Rejects, and leaves the process alone, when only this leader ends.
 */
export async function runCommand(command: Command, context: ActContext): Promise<ProcessExit | null> {
  const { processes } = context.deps;
  await processes.start({
    runDir: command.runDir,
    argv: ['/bin/sh', '-c', command.shell],
    cwd: command.cwd,
    env: command.env,
    stdin: null,
    activityDir: null,
    timeoutMs: command.timeoutMs,
    stallMs: null,
    logCap: COMMAND_LOG_CAP,
    secrets: [],
    marker: command.marker,
    limits: { cpus: null, memoryBytes: null },
    niceness: GATE_NICENESS,
  });
  try {
    const exit = await processes.waitForExit(command.runDir, context.signal);
    // Only Copse stops commands: such an end says nothing about the tree.
    return exit.cause === 'stopped' ? null : exit;
  } catch (error) {
    if (!context.signal.aborted || isLeaderEnd(context.signal.reason)) throw error;
    await processes.stop(command.runDir, COMMAND_STOP_LADDER);
    return null;
  }
}

/** The last bytes of a command's log as text. */
export async function logTail(context: ActContext, runDir: AbsolutePath, maxBytes: number): Promise<string> {
  const probe = await context.deps.processes.readLog(runDir, 0, 0);
  const from = Math.max(0, probe.totalBytes - maxBytes);
  return (await context.deps.processes.readLog(runDir, from, maxBytes)).text;
}
