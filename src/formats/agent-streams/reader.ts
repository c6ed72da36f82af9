/** What the reader of one client's stream is given and gives back. */
import type { AgentEvent } from '../../core/agents/events.ts';
import type { Fields } from './fields.ts';

export type Emit = (event: AgentEvent) => void;

/**
 * Reads the lines of one process in order. Never throws, whatever the lines hold. A record of a type it does not know is
 * answered with false and kept as it is.
 */
export interface StreamReader {
  record(record: Fields, emit: Emit): boolean;
  /** A line that is no JSON object; true when it was understood. */
  line?(line: string, emit: Emit): boolean;
}
