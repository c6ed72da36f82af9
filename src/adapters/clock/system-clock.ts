import type { ClockPort } from '../../ports/world.ts';

/** setTimeout's limit is 2^31 - 1; longer delays are waited in pieces. */
const PIECE_MS = 2_000_000_000;

/** The machine's clock. Timers keep this process alive until they fire or are cancelled. */
export function openSystemClock(): ClockPort {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (delayMs, wake) => {
      const due = performance.now() + Math.max(0, delayMs);
      let timer = setTimeout(turn, Math.min(Math.max(0, delayMs), PIECE_MS));
      function turn(): void {
        const left = due - performance.now();
        // Node may fire a fraction of a millisecond early.
        if (left > 0) timer = setTimeout(turn, Math.min(Math.ceil(left), PIECE_MS));
        else wake();
      }
      return () => {
        clearTimeout(timer);
      };
    },
  };
}
