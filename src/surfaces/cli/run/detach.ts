/** `run --detach`: the same command as a process of its own, and the way back to it. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../kit/failure.ts';
import { EXIT } from '../exit-codes.ts';
import type { Session } from '../session.ts';

/** How often the log is asked whether the other process has begun. */
const LOOK_MS = 50;
const START_LIMIT_MS = 30_000;

/** Answers once the other process leads; its words go to `detached.log` in the state folder. */
export async function detachRun({ context, deps, place }: Session): Promise<number> {
  const { out, world } = context;
  const log = join(place.state, 'detached.log');
  const words = process.argv.slice(2).filter((word) => word !== '--detach');
  const descriptor = openSync(log, 'a', 0o600);
  const [node, ...rest] = world.program;
  const child = spawn(node, [...rest, '--no-progress', '--no-input', ...words], {
    cwd: world.cwd,
    detached: true,
    stdio: ['ignore', descriptor, descriptor],
    env: { ...world.env },
  });
  closeSync(descriptor);
  let exit: number | null = null;
  child.once('exit', (code) => {
    exit = code ?? EXIT.bug;
  });
  child.once('error', () => {
    exit = EXIT.environment;
  });
  for (let waited = 0; waited < START_LIMIT_MS; waited += LOOK_MS) {
    const leader = await deps.store.leader();
    if (leader !== null && leader.pid === child.pid) break;
    if (exit !== null) {
      if (exit === EXIT.done) break;
      throw new Failure(
        'environment-detach',
        `the detached run ended at once with exit code ${String(exit)}`,
        {
          hint: `cat ${log}`,
        },
      );
    }
    await new Promise((resolve) => {
      deps.clock.after(LOOK_MS, () => resolve(null));
    });
  }
  child.unref();
  if (out.json) out.envelope('detached', { pid: child.pid ?? null, log });
  else out.answer(`running as process ${child.pid ?? '?'}; its words are in ${log}`);
  out.note('copse status    copse events -f    copse stop');
  return EXIT.done;
}
