/** What a gate result depends on besides the tree: the gate's definition, and the environment it ran in. */
import { canonicalJson } from '../../kit/canonical-json.ts';
import type { GateSpec } from '../../core/plan/model.ts';
import type { ActContext } from '../deps.ts';

/** Raised when the way gates are run changes so that old results no longer count. */
const GATE_PROTOCOL = 1;

export interface GateDigests {
  readonly gate: string;
  readonly environment: string;
}

export function digestsOf(gate: GateSpec, context: ActContext): GateDigests {
  const { deps, state } = context;
  const { run, timeoutMs, env, cwd, metrics, retries } = gate;
  const { setup, copy, link, env: planEnv } = state.plan.workspace;
  return {
    gate: deps.digest(canonicalJson({ run, timeoutMs, env, cwd, metrics, retries })),
    environment: deps.digest(
      canonicalJson({
        protocol: GATE_PROTOCOL,
        platform: deps.machine.platform,
        setup,
        copy,
        link,
        env: planEnv,
      }),
    ),
  };
}
