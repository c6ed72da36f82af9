/** The text form of control messages: one JSON object a line. Everything read is checked before it is believed. */
import type { Fact } from '../../core/schedule/snapshot.ts';
import { SEVERITIES } from '../../core/review/model.ts';
import { isRunEventKind } from '../../core/run/kinds.ts';
import { Failure } from '../../kit/failure.ts';
import type { ControlAnswer, ControlRequest } from '../../ports/control.ts';

/** A request or answer of more bytes than this is not ours. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** What a person may tell a run; everything else is decided by the leader itself. */
const TELLABLE: ReadonlySet<string> = new Set([
  'run.paused',
  'run.resumed',
  'task.stop_requested',
  'task.skip_requested',
  'task.update_requested',
  'task.reopened',
  'task.added',
  'queue.entered',
  'change.held',
  'change.released',
  'change.ranked',
  'change.eject_requested',
  'queue.closed',
  'queue.opened',
  'review.commented',
  'review.settled',
  'review.accepted',
  'message.sent',
  'question.answered',
  'approval.given',
  'approval.rejected',
  'approval.void',
]);

export function encode(message: ControlRequest | ControlAnswer): string {
  return `${JSON.stringify(message)}\n`;
}

/** Failure `control-malformed` for anything that is not a request. */
export function decodeRequest(line: string): ControlRequest {
  const value = parse(line);
  if (value['kind'] === 'ping' || value['kind'] === 'drain') return { kind: value['kind'] };
  const { facts } = value;
  if (value['kind'] === 'tell' && Array.isArray(facts) && facts.every(isTellable)) {
    return { kind: 'tell', facts: facts as readonly Fact[] };
  }
  throw malformed(line);
}

/** Failure `control-malformed` for anything that is not an answer. */
export function decodeAnswer(line: string): ControlAnswer {
  const value = parse(line);
  const { kind, pid, run, code, why } = value;
  if (kind === 'done') return { kind };
  if (kind === 'pong' && typeof pid === 'number' && (run === null || typeof run === 'string')) {
    return { kind, pid, run };
  }
  if (kind === 'refused' && typeof code === 'string' && typeof why === 'string') return { kind, code, why };
  throw malformed(line);
}

function isTellable(fact: unknown): boolean {
  if (typeof fact !== 'object' || fact === null || !('kind' in fact)) return false;
  const { kind } = fact;
  if (kind === 'queue.entered' && !isPlainEntry(fact)) return false;
  if (kind === 'review.commented' && !isPlainRemark(fact)) return false;
  if (kind === 'review.settled' && !isPlainSettling(fact)) return false;
  // Whether the agent has an answer is seen where it looks for it.
  if (kind === 'question.answered' && !('isDelivered' in fact && fact.isDelivered === false)) return false;
  return typeof kind === 'string' && isRunEventKind(kind) && TELLABLE.has(kind);
}

/** A branch by its name: which commit it is, and whether that may land, the leader finds out itself. */
function isPlainEntry(fact: object): boolean {
  const { head, task, branch } = fact as Readonly<Record<string, unknown>>;
  return head === null && task === null && typeof branch === 'string';
}

/** It goes into a brief and onto screens as it is. */
function isPlainRemark(fact: object): boolean {
  const { by, severity, file, line, text } = fact as Readonly<Record<string, unknown>>;
  const isPlace =
    (file === null || typeof file === 'string') && (line === null || Number.isSafeInteger(line));
  const isKnown = SEVERITIES.some((word) => word === severity);
  return typeof by === 'string' && isKnown && isPlace && typeof text === 'string' && text.trim() !== '';
}

function isPlainSettling(fact: object): boolean {
  const { by, findings } = fact as Readonly<Record<string, unknown>>;
  return (
    typeof by === 'string' && Array.isArray(findings) && findings.every((one) => typeof one === 'string')
  );
}

function parse(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw malformed(line);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(line);
  return value as Record<string, unknown>;
}

function malformed(line: string): Failure {
  return new Failure('control-malformed', `not a control message: ${JSON.stringify(line.slice(0, 80))}`);
}
