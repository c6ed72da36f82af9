/** Results of gates as data; judging is in `verdict.ts`, reading of reports in `formats/reports`. */
import type { GateName, TreeId } from '../ids.ts';

export interface MetricResult {
  readonly name: string;
  /** null when the value could not be read; then the metric has failed. */
  readonly value: number | null;
  readonly baseline: number | null;
  readonly status: 'pass' | 'warn' | 'fail';
  /** One clause: `671 passed, needs at least 676`. */
  readonly detail: string;
}

export type GateVerdict = 'pass' | 'warn' | 'fail';

export interface GateResult {
  readonly gate: GateName;
  readonly tree: TreeId;
  /** Digest of the gate's definition (command, thresholds, environment keys). */
  readonly gateDigest: string;
  /** Digest of what else the outcome depends on: set-up, platform, Copse's gate protocol. */
  readonly environmentDigest: string;
  readonly verdict: GateVerdict;
  /** Why the verdict is what it is, one sentence. */
  readonly reason: string;
  readonly exit: { readonly code: number | null; readonly signal: string | null };
  readonly metrics: readonly MetricResult[];
  readonly flaky: boolean;
  readonly durationMs: number;
  /** Relative to the state folder. */
  readonly logPath: string | null;
}
