/** Patterns run in a worker thread, which can be ended in the middle of a match; the main thread cannot. */
import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Failure } from '../../kit/failure.ts';
import { parsePattern } from '../../formats/reports/pattern.ts';
import type { RegexOutcome, RegexPort } from '../../ports/world.ts';
import { MAX_CAPTURE_CHARS, MAX_MATCHES, WORKER_SOURCE } from './worker-source.ts';

/** One thread per call (about 30 ms): a gate has few metrics, and a pattern that misbehaved leaves nothing behind. */
export function createWorkerRegex(): RegexPort {
  return { matchAll };
}

async function matchAll(pattern: string, text: string, limitMs: number): Promise<RegexOutcome> {
  const parsed = parsePattern(pattern);
  if (!parsed.ok) return { kind: 'invalid', detail: parsed.error };
  const workerData = { ...parsed.value, text, maxMatches: MAX_MATCHES, maxChars: MAX_CAPTURE_CHARS };
  const worker = new Worker(WORKER_SOURCE, { eval: true, env: {}, stdin: false, workerData });
  let timer: NodeJS.Timeout | undefined;
  try {
    const messages = on(worker, 'message') as AsyncIterator<[unknown]>;
    await messages.next();
    const answer = messages.next().then(({ value }) => value as [RegexOutcome]);
    const limit = new Promise<[RegexOutcome]>((resolve) => {
      timer = setTimeout(() => resolve([{ kind: 'timed-out' }]), limitMs);
    });
    const [outcome] = await Promise.race([answer, limit]);
    return outcome;
  } catch (error) {
    // A pattern can exhaust the matcher's stack or memory: its fault, and the thread's only.
    if (isExhaustion(error)) return { kind: 'invalid', detail: 'the pattern needs too much memory' };
    throw new Failure('regex-worker', 'the thread that runs patterns ended', { cause: error });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function isExhaustion(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof SyntaxError) return true;
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
