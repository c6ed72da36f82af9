/** What an agent at work is doing: the end of its stream and the signs of life of its processes, judged together. */
import { type Condition, conditionOf } from '../core/agents/condition.ts';
import type { StreamFormat } from '../core/agents/formats.ts';
import type { AbsolutePath } from '../core/ids.ts';
import { openAgentStream } from '../formats/agent-streams/open-stream.ts';
import { lookAtProcess } from '../adapters/processes/vital-signs.ts';

/** null when nothing runs there. */
export async function lookAtAgent(
  runDir: AbsolutePath,
  worktree: AbsolutePath,
  output: StreamFormat,
  nowMs: number,
): Promise<Condition | null> {
  const seen = await lookAtProcess(runDir, worktree, nowMs);
  return seen === null ? null : conditionOf(openAgentStream(output).push(seen.tail), seen.signs);
}
