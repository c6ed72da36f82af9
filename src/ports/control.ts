/** How other processes of the same user reach the leader of a repository: one request, one answer. */
import type { Fact } from '../core/schedule/snapshot.ts';

export type ControlRequest =
  | { readonly kind: 'ping' }
  /** Facts for the run that is on: a pause, a stop, another try. Answered once they are durable. */
  | { readonly kind: 'tell'; readonly facts: readonly Fact[] }
  /** Start nothing new; the leader ends when what runs has ended. */
  | { readonly kind: 'drain' };

export type ControlAnswer =
  | { readonly kind: 'pong'; readonly pid: number; readonly run: string | null }
  | { readonly kind: 'done' }
  /** The leader understood and will not; `code` is that of a failure. */
  | { readonly kind: 'refused'; readonly code: string; readonly why: string };

export interface ControlServer {
  /** Whatever `ask` takes; goes into the leader's record. */
  readonly address: string;
  /** Idempotent; requests under way are still answered. */
  close(): Promise<void>;
}

export interface ControlPort {
  /** Answers requests until closed. A handler that throws is answered as `refused` with its code. */
  serve(handler: (request: ControlRequest) => Promise<ControlAnswer>): Promise<ControlServer>;
  /** Failure `leader-unreachable` when nobody answers at `address` within `timeoutMs`. */
  ask(address: string, request: ControlRequest, timeoutMs: number): Promise<ControlAnswer>;
}
