import { callsArePartial } from '../../core/agents/formats.ts';
import type { AgentEvent } from '../../core/agents/events.ts';
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
  const answer = new AnswerFold();
  const take = (events: Iterable<AgentEvent>): void => {
    for (const event of events) {
      fold.add(event);
      if (event.kind === 'text') answer.add(event.text);
    }
  };
  return {
    push: (text) => take(stream.push(text)),
    cut: () => fold.cut(),
    end: () => {
      take(stream.end());
      return fold.facts();
    },
    answers: () => answer.answers(),
  };
}

/** Kept of what it said, from the end. */
const ANSWER_LENGTH = 400_000;

/** What an agent said last: its last message, and all of them as one text, since some clients tell a message in pieces. */
class AnswerFold {
  #last = '';
  #all = '';

  add(text: string): void {
    if (text.trim() === '') return;
    this.#last = text.slice(-ANSWER_LENGTH);
    this.#all += text;
    if (this.#all.length > 2 * ANSWER_LENGTH) this.#all = this.#all.slice(-ANSWER_LENGTH);
  }

  answers(): readonly string[] {
    return [this.#last, this.#all.slice(-ANSWER_LENGTH)];
  }
}
