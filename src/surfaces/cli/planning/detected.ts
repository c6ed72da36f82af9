/** What the project and the machine offer where a plan says nothing: agent, gates, set-up, target; each with its evidence. */
import type { RepoPath } from '../../../core/ids.ts';
import { composeAgent } from '../../../formats/agents/compose.ts';
import type { FoundAgent } from '../../../formats/detect/agents.ts';
import type { DetectedGate, ProjectFindings } from '../../../formats/detect/model.ts';
import type { DetectedFacts } from '../../../formats/plan/context.ts';
import type { GitPort } from '../../../ports/git.ts';
import type { Context } from '../host.ts';
import type { Place } from '../place.ts';

/** Names read for detection; a huge repository is judged by its first files. */
const MAX_FILES = 50_000;

/** Where work lands unless the plan or the command line says otherwise. */
export const DEFAULT_TARGET = 'copse/integration';

export interface Detected {
  readonly facts: DetectedFacts;
  readonly agents: readonly FoundAgent[];
  readonly project: ProjectFindings;
  /** The one gate that is used when none is named. */
  readonly gate: DetectedGate | null;
  readonly files: readonly RepoPath[];
}

export async function detect(context: Context, place: Place, git: GitPort): Promise<Detected> {
  const { head } = await git.facts();
  const files = head === null ? [] : await git.listFiles(head, MAX_FILES);
  const project = await context.world.inspectProject(place.root, files);
  const agents = await context.world.inspectAgents();
  const gate = bestGate(project.gates);
  const first = agents[0];
  return {
    facts: {
      target: DEFAULT_TARGET,
      ...(first === undefined ? {} : { agent: composeAgent(first.agent, first.agent.name) }),
      ...(gate === null ? {} : { gates: { [gate.name]: commandOf(gate) } }),
    },
    agents,
    project,
    gate,
    files,
  };
}

/** The command as one line that runs at the top of the checkout. */
export function commandOf(gate: DetectedGate): string {
  return gate.cwd === null ? gate.run : `cd '${gate.cwd.replaceAll("'", `'\\''`)}' && ${gate.run}`;
}

/** Tests prove most; a lint or a build stands in where there are none. Formatting alone proves nothing. */
function bestGate(gates: readonly DetectedGate[]): DetectedGate | null {
  for (const name of ['test', 'types', 'build', 'lint'] as const) {
    const found = gates.find((gate) => gate.name === name);
    if (found !== undefined) return found;
  }
  return null;
}
