/**
 * Ctrl-C once: start nothing more, let agents finish. Twice: stop the agents. Three times: go at once. TERM and HUP count
 * as twice, since nobody will press again. State is safe in all cases: what was recorded is resumed.
 */
export interface InterruptActions {
  drain(): void;
  stopAgents(): void;
  /** Ends the process; does not return. */
  leave(exitCode: number): void;
  /** Said to the person; `how` is the level reached. */
  say(how: 'draining' | 'stopping'): void;
}

export interface Interrupts {
  /** 130 or 143 when a signal came; null otherwise. */
  readonly exitCode: () => number | null;
  /** The handlers are taken away; the next signal has its usual effect. */
  release(): void;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;
type Signal = keyof typeof SIGNALS;

export function listenForInterrupts(actions: InterruptActions): Interrupts {
  let level = 0;
  let code: number | null = null;
  const onSignal = (signal: Signal): void => {
    code ??= SIGNALS[signal];
    const next = signal === 'SIGINT' ? level + 1 : Math.max(2, level + 1);
    if (level < 1 && next >= 1) actions.drain();
    if (level < 2 && next >= 2) actions.stopAgents();
    level = next;
    if (level >= 3) actions.leave(code);
    else actions.say(level === 1 ? 'draining' : 'stopping');
  };
  const handlers = Object.keys(SIGNALS).map((name) => {
    const signal = name as Signal;
    const handler = (): void => onSignal(signal);
    process.on(signal, handler);
    return { signal, handler };
  });
  return {
    exitCode: () => code,
    release: () => {
      for (const { signal, handler } of handlers) process.off(signal, handler);
    },
  };
}
