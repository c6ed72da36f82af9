/** One line of the Agent Client Protocol: JSON-RPC 2.0, one message a line. Whatever a line holds, it becomes one of these. */
import { asMap, type Fields, mapAt, numberAt, textAt } from '../agent-streams/fields.ts';
import type { Line } from '../agent-streams/lines.ts';

export type RequestId = string | number | null;

export type Message =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: Fields }
  | { readonly kind: 'notification'; readonly method: string; readonly params: Fields }
  | { readonly kind: 'result'; readonly id: RequestId; readonly result: Fields }
  | { readonly kind: 'failure'; readonly id: RequestId; readonly error: RpcError }
  /** Longer than a line may be, so that only its beginning is known; `id` and `method` as far as they stand there. */
  | {
      readonly kind: 'oversize';
      readonly id: RequestId;
      readonly method: string | null;
      readonly text: string;
    }
  /** No message of the protocol. */
  | { readonly kind: 'noise'; readonly text: string };

export interface RpcError {
  readonly code: number | null;
  readonly message: string;
  readonly data: unknown;
}

export const RPC = {
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  authRequired: -32_000,
  notFound: -32_002,
} as const;

/** Most that is kept of a line for people to read. */
const MAX_KEPT = 4_096;

export function readMessage(line: Line): Message {
  if (line.isCut) return oversize(line.text);
  const record = parsed(line.text);
  if (record === null) return { kind: 'noise', text: kept(line.text) };
  const method = textAt(record, 'method');
  const id = idOf(record['id']);
  if (method !== null) {
    const params = mapAt(record, 'params');
    return Object.hasOwn(record, 'id')
      ? { kind: 'request', id, method, params }
      : { kind: 'notification', method, params };
  }
  if (!Object.hasOwn(record, 'id')) return { kind: 'noise', text: kept(line.text) };
  if (Object.hasOwn(record, 'error') && record['error'] !== null)
    return { kind: 'failure', id, error: errorIn(record['error']) };
  return { kind: 'result', id, result: mapAt(record, 'result') };
}

export function kept(text: string): string {
  return text.length > MAX_KEPT ? `${text.slice(0, MAX_KEPT)}…` : text;
}

function parsed(text: string): Fields | null {
  try {
    return asMap(JSON.parse(text));
  } catch {
    return null;
  }
}

function idOf(value: unknown): RequestId {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function errorIn(value: unknown): RpcError {
  const error = asMap(value) ?? {};
  return {
    code: numberAt(error, 'code'),
    message: textAt(error, 'message') ?? (typeof value === 'string' ? value : 'error without a message'),
    data: error['data'],
  };
}

/** Keys of the envelope come before the large part of it in every agent that was seen. */
function oversize(head: string): Message {
  const envelope = /^(.*?)"(?:params|result|error)"\s*:/s.exec(head)?.[1] ?? head.slice(0, MAX_KEPT);
  const id = /"id"\s*:\s*(?:(\d{1,15})|"([^"\\]{0,200})")/.exec(envelope);
  const method = /"method"\s*:\s*"([^"\\]{1,100})"/.exec(envelope)?.[1] ?? null;
  const number = id?.[1] === undefined ? null : Number(id[1]);
  return { kind: 'oversize', id: number ?? id?.[2] ?? null, method, text: kept(head) };
}
