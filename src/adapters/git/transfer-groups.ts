/**
 * Transfers from one object store that are wanted at the same time go as one pack: two processes for fifty branches
 * instead of two for each. What git refuses together goes alone, so that only the commit at fault is refused.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export type TransferOutcome =
  { readonly kind: 'there' } | { readonly kind: 'rejected'; readonly reason: string };

export interface Wanted {
  readonly tip: string;
  /** Commits that both sides may have. */
  readonly known: readonly string[];
}

type Send = (wanted: readonly Wanted[]) => Promise<TransferOutcome>;

interface Waiting extends Wanted {
  readonly send: Send;
  readonly resolve: (outcome: TransferOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Tips of one pack. */
const MAX_GROUP = 200;

export class TransferGroups {
  readonly #waiting = new Map<string, Waiting[]>();

  /** `store` names where the objects come from; `send` is called with this request, alone or with others of that store. */
  async bring(store: string, wanted: Wanted, send: Send): Promise<TransferOutcome> {
    return new Promise((resolve, reject) => {
      const request: Waiting = { ...wanted, send, resolve, reject };
      const waiting = this.#waiting.get(store);
      if (waiting !== undefined) {
        waiting.push(request);
        return;
      }
      this.#waiting.set(store, [request]);
      void this.#drain(store);
    });
  }

  async #drain(store: string): Promise<void> {
    for (;;) {
      // Who was woken together with the first comes within one turn.
      await nextTurn();
      const group = this.#waiting.get(store)?.splice(0, MAX_GROUP) ?? [];
      if (group.length === 0) {
        this.#waiting.delete(store);
        return;
      }
      await sendTogether(group);
    }
  }
}

async function sendTogether(group: readonly Waiting[]): Promise<void> {
  const [first] = group;
  if (first === undefined) return;
  try {
    const outcome = await first.send(group);
    if (outcome.kind === 'there' || group.length === 1) {
      for (const request of group) request.resolve(outcome);
      return;
    }
  } catch (error) {
    if (group.length === 1) {
      first.reject(error);
      return;
    }
  }
  for (const request of group) await sendTogether([request]);
}
