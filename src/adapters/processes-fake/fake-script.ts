import type { ProcessExit, ProcessSpec } from '../../ports/processes.ts';

export type LadderSignal = 'SIGINT' | 'SIGTERM' | 'SIGKILL';

/** What a fake process does. Times are milliseconds after its start. */
export interface FakeScript {
  readonly output?: readonly { readonly afterMs: number; readonly text: string | Uint8Array }[];
  /** null: it runs until it is ended. */
  readonly exit: FakeEnd | null;
  /** A start that fails, with this detail. */
  readonly spawnFails?: string;
  readonly ignores?: readonly LadderSignal[];
  /** Exit code given instead of dying by INT or TERM. */
  readonly codeWhenStopped?: number;
  /** Signs of life other than output. */
  readonly fileChanges?: readonly number[];
  /** What happens to the world meanwhile: commits in a fake repository, calls of a verb. */
  readonly actions?: readonly { readonly afterMs: number; readonly run: () => void }[];
  /** Processes that cannot be ended. */
  readonly survivors?: readonly number[];
}

export type FakeEnd =
  { readonly afterMs: number; readonly code: number } | { readonly afterMs: number; readonly signal: string };

/** How processes behave is decided when they start. */
export type FakeProgram = (spec: ProcessSpec) => FakeScript;

/** `["fake", "<FakeScript as JSON>"]`; any other argv ends at once with code 0. */
export function scriptFromArgv(spec: ProcessSpec): FakeScript {
  const [program, text] = spec.argv;
  if (program !== 'fake' || text === undefined) return { exit: { afterMs: 0, code: 0 } };
  return JSON.parse(text) as FakeScript;
}

export type FakeExit = Pick<ProcessExit, 'code' | 'signal' | 'cause' | 'detail'>;
