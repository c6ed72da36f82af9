/** Where things lie in the state folder. Everything recorded in the log is relative to it, so the folder can be moved. */
import type { AbsolutePath, AttemptId, IntentId, RunId } from '../core/ids.ts';

export function attemptFolder(run: RunId, attempt: AttemptId): string {
  return `runs/${run}/attempts/${attempt}`;
}

export function processFolder(folder: string, name: string): string {
  return `${folder}/${name}`;
}

export function gateFolder(run: RunId, intent: IntentId, name: string, attempt: number): string {
  return `runs/${run}/gates/${intent}-${name}${attempt === 1 ? '' : `-try${attempt}`}`;
}

export function setupFolder(run: RunId, intent: IntentId, index: number): string {
  return `runs/${run}/setup/${intent}-${index}`;
}

export function under(root: AbsolutePath, relative: string): AbsolutePath {
  return `${root}/${relative}` as AbsolutePath;
}

/** Found in the environment of every process of the attempt; sweeps look for it. */
export function markerOf(run: RunId, name: string): string {
  return `copse-${run}-${name}`;
}
