/** Streams of agent clients, kept as they were printed. */
import { readFileSync } from 'node:fs';
import { callsArePartial, type StreamFormat } from '../../src/core/agents/formats.ts';
import type { AgentEvent } from '../../src/core/agents/events.ts';
import { type StreamFacts, StreamFold } from '../../src/core/agents/stream-facts.ts';
import { openAgentStream } from '../../src/formats/agent-streams/open-stream.ts';

export function recording(name: string): string {
  const file = name.includes('.txt') ? name : `${name}.jsonl`;
  return readFileSync(new URL(`../recordings/${file}`, import.meta.url), 'utf8');
}

export function eventsOf(format: StreamFormat, text: string): readonly AgentEvent[] {
  const stream = openAgentStream(format);
  return [...stream.push(text), ...stream.end()];
}

export function factsOf(format: StreamFormat, text: string): StreamFacts {
  const fold = new StreamFold({ callsArePartial: callsArePartial(format) });
  for (const event of eventsOf(format, text)) fold.add(event);
  return fold.facts();
}
