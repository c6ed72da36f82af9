/** Turns what an agent process prints, standard output and standard error together, into events. */
import { errorOf, wordClass } from '../../core/agents/classify.ts';
import type { AgentEvent } from '../../core/agents/events.ts';
import type { StreamFormat } from '../../core/agents/formats.ts';
import { assertNever } from '../../kit/assert.ts';
import { aiderReader } from './aider.ts';
import { claudeReader } from './claude.ts';
import { clineReader } from './cline.ts';
import { codexReader } from './codex.ts';
import { copseReader } from './copse.ts';
import { copilotReader } from './copilot.ts';
import { asMap, type Fields } from './fields.ts';
import { geminiReader } from './gemini.ts';
import { type Line, LineCutter } from './lines.ts';
import { opencodeReader } from './opencode.ts';
import type { Emit, StreamReader } from './reader.ts';

export interface AgentStream {
  /** Any piece of the output; a line may be spread over many. Never throws. */
  push(chunk: string): readonly AgentEvent[];
  /** What the last, unfinished line holds. Nothing may be pushed afterwards. */
  end(): readonly AgentEvent[];
}

export function openAgentStream(format: StreamFormat): AgentStream {
  const cutter = new LineCutter();
  const reader = readerOf(format);
  const read = (lines: readonly Line[]): readonly AgentEvent[] => {
    const events: AgentEvent[] = [];
    const emit: Emit = (event) => events.push(event);
    for (const line of lines) readLine(line, reader, emit);
    return events;
  };
  return { push: (chunk) => read(cutter.push(chunk)), end: () => read(cutter.end()) };
}

/** null: only text, nothing is read out of it. */
function readerOf(format: StreamFormat): StreamReader | null {
  switch (format) {
    case 'claude':
      return withPlainTrouble(claudeReader('claude'));
    case 'qwen':
      return withPlainTrouble(claudeReader('qwen'));
    case 'codex':
      return withPlainTrouble(codexReader());
    case 'gemini':
      return withPlainTrouble(geminiReader());
    case 'opencode':
      return withPlainTrouble(opencodeReader());
    case 'copilot':
      return withPlainTrouble(copilotReader());
    case 'cline':
      return withPlainTrouble(clineReader());
    case 'copse':
      return withPlainTrouble(copseReader());
    case 'aider':
      return aiderReader();
    case 'text':
      return null;
    default:
      return assertNever(format);
  }
}

function readLine(line: Line, reader: StreamReader | null, emit: Emit): void {
  const { text } = line;
  if (text === '') return;
  if (reader === null || line.isCut) return emit({ kind: 'other', text });
  const record = text.startsWith('{') ? parsed(text) : null;
  const isKnown = record === null ? (reader.line?.(text, emit) ?? false) : reader.record(record, emit);
  if (!isKnown) emit({ kind: 'other', text });
}

function parsed(text: string): Fields | null {
  try {
    return asMap(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A plain line of a client that speaks JSON comes from its standard error: it may be all that is said of the trouble. */
function withPlainTrouble(reader: StreamReader): StreamReader {
  return {
    record: (record, emit) => reader.record(record, emit),
    line: (line, emit) => {
      if (reader.line?.(line, emit) === true) return true;
      if (line.startsWith('{') || line.startsWith(' ')) return false;
      const found = wordClass(line);
      if (found !== 'rate_limit' && found !== 'auth' && found !== 'session') return false;
      emit({ kind: 'retry', error: errorOf({ message: line }), delayMs: null });
      // The line itself stays to be read.
      return false;
    },
  };
}
