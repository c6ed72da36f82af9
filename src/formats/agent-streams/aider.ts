/** aider prints text. Its token line counts one message; the cost in it counts the process. */
import { errorOf } from '../../core/agents/classify.ts';
import type { Emit, StreamReader } from './reader.ts';

const TOKENS =
  /^Tokens: ([\d.,]+[kM]?) sent(?:, ([\d.,]+[kM]?) cache write)?(?:, ([\d.,]+[kM]?) cache hit)?, ([\d.,]+[kM]?) received\.(?: Cost: \$([\d.]+) message)?/;

export function aiderReader(): StreamReader {
  return {
    record: () => false,
    line: (line, emit) => readTokens(line, emit) || readTrouble(line, emit) || readStart(line, emit),
  };
}

function readTokens(line: string, emit: Emit): boolean {
  const found = TOKENS.exec(line);
  if (found === null) return false;
  const [, sent = '0', written = '0', hit = '0', received = '0', cost] = found;
  const cacheRead = amount(hit);
  const cacheWrite = amount(written);
  // What was sent includes what was read from the cache.
  const tokens = {
    input: Math.max(0, amount(sent) - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: amount(received),
  };
  const usd = cost === undefined ? null : Number(cost);
  emit({
    kind: 'usage',
    basis: 'call',
    key: null,
    tokens,
    usd: Number.isFinite(usd) ? usd : null,
    usdBasis: 'call',
  });
  emit({ kind: 'done', ok: true, reason: 'answered' });
  return true;
}

/** Errors stand at the start of a line, under the name their library gives them. */
function readTrouble(line: string, emit: Emit): boolean {
  const found =
    /^(?:litellm\.)?(\w*(?:RateLimit|Authentication|PermissionDenied|ServiceUnavailable|APIConnection|Timeout)Error)\b/.exec(
      line,
    );
  if (found === null) return false;
  const code = found[1] ?? '';
  const status = /RateLimit/.test(code) ? 429 : /Authentication|PermissionDenied/.test(code) ? 401 : null;
  emit({ kind: 'retry', error: errorOf({ status, code, message: line }), delayMs: null });
  return true;
}

function readStart(line: string, emit: Emit): boolean {
  const model = /^(?:Main model|Model): (\S+)/.exec(line)?.[1];
  if (model === undefined) return false;
  emit({ kind: 'started', session: null, model });
  return true;
}

function amount(text: string): number {
  const unit = text.endsWith('k') ? 1_000 : text.endsWith('M') ? 1_000_000 : 1;
  const value = Number(text.replace(/[kM]$/, '').replaceAll(',', '')) * unit;
  return Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
