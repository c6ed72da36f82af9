/** Which of the known coding agents are on PATH. */
import { type ClientPreset, PRESETS } from '../agents/presets.ts';

export interface FoundAgent {
  readonly agent: ClientPreset;
  /** Absolute path of the executable. */
  readonly evidence: string;
}

/** Those of the known agents that `locate` finds, in order of preference. */
export function detectAgents(locate: (executable: string) => string | null): readonly FoundAgent[] {
  return PRESETS.flatMap((agent) => {
    const evidence = locate(agent.executable);
    return evidence === null ? [] : [{ agent, evidence }];
  });
}
