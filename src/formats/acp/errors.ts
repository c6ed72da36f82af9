/** Errors as ACP agents tell them, sorted into the classes that a run acts on. */
import { errorOf } from '../../core/agents/classify.ts';
import type { AgentError } from '../../core/agents/events.ts';
import { asMap, numberAt, textAt } from '../agent-streams/fields.ts';
import { RPC, type RpcError } from './wire.ts';

/** An error that answers our request `step`. */
export function rpcError(step: string, error: RpcError): AgentError {
  const data = asMap(error.data) ?? {};
  const more = typeof error.data === 'string' ? error.data : textAt(data, 'details', 'message', 'error');
  const message = `${step}: ${more === null || more === error.message ? error.message : `${error.message}: ${more}`}`;
  const status = numberAt(data, 'status', 'statusCode', 'httpStatusCode', 'http_status');
  const found = errorOf({ status: status ?? httpStatus(error.code), message });
  return error.code === RPC.authRequired && found.class === 'other' ? { ...found, class: 'auth' } : found;
}

/** Some agents pass on the model's status as the code of their answer. */
function httpStatus(code: number | null): number | null {
  return code !== null && code >= 400 && code < 600 ? code : null;
}

/** Longest text that is taken for an error message. */
const MAX_ERROR_TEXT = 600;
const TELLTALE =
  /\b(?:status|error|http|code)\b\D{0,14}(?:401|403|429|529)\b|exceeded retry limit|too many requests|(?:usage|session|weekly) limit (?:reached|exceeded)|rate.?limit(?:ed| reached| exceeded)|RESOURCE_EXHAUSTED|quota (?:exceeded|exhausted)|invalid.{0,8}api.?key|not logged in|please (?:log ?in|run .{0,20}login)/i;

export interface TurnWords {
  /** The agent's words since its last tool call. */
  readonly said: string;
  /** Tool events of the turn. */
  readonly tools: number;
  /** The last trouble it told of since then. */
  readonly trouble: AgentError | null;
}

/**
 * Agents that end a turn well with the error of their model as its text. It counts only where nothing else happened: no
 * tool was called, or the agent told of the same trouble just before.
 */
export function disguisedError({ said, tools, trouble }: TurnWords): AgentError | null {
  const text = said.trim();
  if (text.length > MAX_ERROR_TEXT) return null;
  if (trouble !== null && trouble.class !== 'other' && trouble.class !== 'session') {
    if (text === '' || errorOf({ message: text }).class === trouble.class) return trouble;
  }
  if (tools > 0 || !TELLTALE.test(text)) return null;
  const found = errorOf({ message: text });
  return found.class === 'rate_limit' || found.class === 'auth' ? found : null;
}
