/** What a gate result depends on besides the tree: the gate's definition with its baselines, and where it ran. */
import { canonicalJson } from '../../kit/canonical-json.ts';
import { gateDigestInput } from '../../core/gates/digest-input.ts';
import type { GateSpec } from '../../core/plan/model.ts';
import type { ActContext } from '../deps.ts';

/** Raised when the way gates are run changes so that old results no longer count. */
const GATE_PROTOCOL = 1;

export interface GateDigests {
  readonly gate: string;
  readonly environment: string;
}

/** Numbers the metrics are compared with, by metric name; null where there is none. */
export type Baselines = Readonly<Record<string, number | null>>;

export function digestsOf(gate: GateSpec, baselines: Baselines, context: ActContext): GateDigests {
  const { deps, state } = context;
  const { setup, copy, link, env } = state.plan.workspace;
  const environment = canonicalJson({
    protocol: GATE_PROTOCOL,
    platform: deps.machine.platform,
    setup,
    copy,
    link,
    env,
  });
  return { gate: deps.digest(gateDigestInput(gate, baselines)), environment: deps.digest(environment) };
}
