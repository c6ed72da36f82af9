/** Reads what an ended attempt said out of its log: the same bytes give the same facts, however often they are read. */
import type { StreamFacts } from '../../core/agents/stream-facts.ts';
import type { AbsolutePath, AttemptId } from '../../core/ids.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import type { StreamReading } from '../../ports/world.ts';
import type { ActContext, Deps } from '../deps.ts';
import { attemptFolder, processFolder, under } from '../paths.ts';

const PIECE_BYTES = 1_000_000;
/** The marker line that stands for bytes which were not kept. */
const GAP = /^\n\[copse: \d+ bytes of output not kept\]\n$/;

/** null when nothing is read out of the output of this agent. */
export function readAttemptStream(attempt: AttemptId, context: ActContext): Promise<StreamFacts | null> {
  const { deps, state } = context;
  const agent = state.plan.agents[state.attempts.get(attempt)?.agent ?? ''];
  const runDir = under(deps.paths.state, processFolder(attemptFolder(state.id, attempt), 'process'));
  return readStreamOf(agent, runDir, context);
}

/** The same for any process of an agent. */
export async function readStreamOf(
  agent: AgentSpec | undefined,
  runDir: AbsolutePath,
  { deps }: ActContext,
): Promise<StreamFacts | null> {
  const reading = agent === undefined ? null : deps.agents.openStream(agent);
  if (reading === null) return null;
  await readAll(reading, runDir, deps);
  return reading.end();
}

/** Puts the whole log of a process into the reading. */
export async function readAll(reading: StreamReading, runDir: AbsolutePath, deps: Deps): Promise<void> {
  for (let offset = 0; ;) {
    const piece = await deps.processes.readLog(runDir, offset, PIECE_BYTES);
    if (GAP.test(piece.text)) reading.cut();
    else reading.push(piece.text);
    if (piece.nextOffset >= piece.totalBytes || piece.nextOffset <= offset) break;
    offset = piece.nextOffset;
  }
}
