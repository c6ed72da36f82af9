/** The processes of a bench's run, found by the records in their folders. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ScratchRepository } from './scratch-repository.ts';

/** What the supervisors need to see that their programs have ended, and to end too. */
const SETTLE_MS = 2_000;

export function processFolders(where: ScratchRepository): readonly string[] {
  const attempts = join(where.stateDir, 'runs/run-bench/attempts');
  if (!existsSync(attempts)) return [];
  return readdirSync(attempts).map((name) => join(attempts, name, 'process'));
}

/** Of what runs in the folder, or of its supervisor. */
export function pidOf(folder: string, who: 'program' | 'supervisor'): number {
  const record = JSON.parse(readFileSync(join(folder, who === 'program' ? 'pid' : 'lock'), 'utf8')) as {
    readonly pid?: number;
    readonly supervisor?: { readonly pid: number };
  };
  return record.pid ?? record.supervisor?.pid ?? Number.NaN;
}

/** Memory in bytes, with what is shared counted once among those who share it. */
export function proportionalBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN) * 1_024;
}

/** Their supervisors see it and end too. */
export async function endPrograms(where: ScratchRepository): Promise<void> {
  for (const folder of processFolders(where)) {
    try {
      process.kill(-pidOf(folder, 'program'), 'SIGKILL');
    } catch {
      // It never began or has ended.
    }
  }
  await delay(SETTLE_MS);
}
