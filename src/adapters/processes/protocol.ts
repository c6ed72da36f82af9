/** What an orchestrator and the supervisor it started say to each other: one JSON value per line, on stdin and stdout. */
import type { ProcessSpec } from '../../ports/processes.ts';
import type { ProcessIdentity } from './identity.ts';

/** Sent to a supervisor that is ready. One that reads end-of-file ends as soon as it has nothing to do. */
export interface StartMessage {
  readonly spec: ProcessSpec;
}

export type SupervisorMessage =
  /** At the start, and again after a process that left nothing behind: it takes the next spec. */
  | { readonly kind: 'ready'; readonly supervisor: ProcessIdentity }
  /** Another supervisor owns the folder. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'running'; readonly pid: number; readonly startedAtMs: number }
  /** The `exit` record exists. */
  | { readonly kind: 'exited' }
  /** The folder could not be used; nothing was started. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** The ladder of a deadline, and of a stop whose caller died before it could say one. */
export const DEFAULT_LADDER = { interruptMs: 10_000, terminateMs: 5_000 } as const;

/** The variable that carries the marker; a descendant keeps it unless it empties its environment. */
export const MARKER_VARIABLE = 'COPSE_PROCESS_MARKER';
