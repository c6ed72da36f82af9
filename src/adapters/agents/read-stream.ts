import { callsArePartial } from '../../core/agents/formats.ts';
import { StreamFold } from '../../core/agents/stream-facts.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import { openAgentStream } from '../../formats/agent-streams/open-stream.ts';
import type { StreamReading } from '../../ports/world.ts';

/** null for an agent of which nothing is read. */
export function readStream(agent: AgentSpec): StreamReading | null {
  const output = agent.kind === 'command' ? (agent.client?.output ?? 'text') : 'text';
  if (output === 'text') return null;
  const stream = openAgentStream(output);
  const fold = new StreamFold({ callsArePartial: callsArePartial(output) });
  return {
    push: (text) => {
      for (const event of stream.push(text)) fold.add(event);
    },
    cut: () => fold.cut(),
    end: () => {
      for (const event of stream.end()) fold.add(event);
      return fold.facts();
    },
  };
}
