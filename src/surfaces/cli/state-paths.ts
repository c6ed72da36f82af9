/** Files of the state folder that people are pointed at. The layout is the engine's; see `engine/paths.ts`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptId, RunId } from '../../core/ids.ts';
import { attemptFolder, processFolder } from '../../engine/paths.ts';
import type { Place } from './place.ts';

export function attemptRunDir(run: RunId, attempt: AttemptId): string {
  return processFolder(attemptFolder(run, attempt), 'process');
}

/** The log of an attempt; null when none was written. */
export function attemptLog(place: Place, run: RunId, attempt: AttemptId): string | null {
  const file = join(place.state, attemptRunDir(run, attempt), 'log');
  return existsSync(file) ? file : null;
}
