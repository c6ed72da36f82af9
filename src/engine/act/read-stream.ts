/** Reads what an ended attempt said out of its log: the same bytes give the same facts, however often they are read. */
import type { StreamFacts } from '../../core/agents/stream-facts.ts';
import type { AttemptId } from '../../core/ids.ts';
import type { ActContext } from '../deps.ts';
import { attemptFolder, processFolder, under } from '../paths.ts';

const PIECE_BYTES = 1_000_000;
/** The marker line that stands for bytes which were not kept. */
const GAP = /^\n\[copse: \d+ bytes of output not kept\]\n$/;

/** null when nothing is read out of the output of this agent. */
export async function readAttemptStream(
  attempt: AttemptId,
  context: ActContext,
): Promise<StreamFacts | null> {
  const { deps, state } = context;
  const agent = state.plan.agents[state.attempts.get(attempt)?.agent ?? ''];
  const reading = agent === undefined ? null : deps.agents.openStream(agent);
  if (reading === null) return null;
  const runDir = under(deps.paths.state, processFolder(attemptFolder(state.id, attempt), 'process'));
  for (let offset = 0; ;) {
    const piece = await deps.processes.readLog(runDir, offset, PIECE_BYTES);
    if (GAP.test(piece.text)) reading.cut();
    else reading.push(piece.text);
    if (piece.nextOffset >= piece.totalBytes || piece.nextOffset <= offset) break;
    offset = piece.nextOffset;
  }
  return reading.end();
}
