import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../kit/failure.ts';
import type { Failpoint } from '../../ports/world.ts';

export type FailpointAction =
  | { readonly kind: 'kill' }
  | { readonly kind: 'killgroup' }
  | { readonly kind: 'throw' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface FailpointRule {
  readonly name: string;
  readonly action: FailpointAction;
  /** The hit, counted from 1, at which it acts. */
  readonly hit: number;
}

/**
 * Failpoints as `variables` asks: `COPSE_FAILPOINTS="after:publish.cas=kill@1,after:gate.exit=delay:500"` with the
 * actions kill (SIGKILL to this process), killgroup (to its process group), throw (failure `failpoint`) and delay:<ms>,
 * each at its n-th hit, the first unless `@n` says another; `COPSE_FAILPOINTS_TRACE=<file>` appends the name of each hit
 * before it acts. Without either a hit costs one look-up. Failure `failpoint-invalid` for text that is not of this form.
 */
export function openFailpoints(variables: Readonly<Record<string, string | undefined>>): Failpoint {
  const rules = parseFailpoints(variables['COPSE_FAILPOINTS'] ?? '');
  const trace = variables['COPSE_FAILPOINTS_TRACE'] ?? '';
  const byName = new Map<string, readonly FailpointRule[]>();
  for (const rule of rules) byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule]);
  const hits = new Map<string, number>();
  const quiet = Promise.resolve();
  return async (name) => {
    if (trace !== '') appendFileSync(trace, `${name}\n`);
    const candidates = byName.get(name);
    if (candidates === undefined) return quiet;
    const hit = (hits.get(name) ?? 0) + 1;
    hits.set(name, hit);
    for (const rule of candidates) if (rule.hit === hit) await act(rule);
    return quiet;
  };
}

/** The rules of a `COPSE_FAILPOINTS` value, in order; empty text gives none. */
export function parseFailpoints(text: string): readonly FailpointRule[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseRule);
}

function parseRule(text: string): FailpointRule {
  const match =
    /^([a-z][a-z0-9.-]*:[a-z][a-z0-9.-]*)=(?:(kill|killgroup|throw)|delay:(\d{1,9}))(?:@([1-9]\d{0,8}))?$/.exec(
      text,
    );
  if (match === null)
    throw new Failure('failpoint-invalid', `not a failpoint: ${text}`, {
      hint: 'write it as before:publish.cas=kill@1; actions: kill, killgroup, throw, delay:<ms>',
    });
  const [, name = '', kind, ms, hit] = match;
  const action: FailpointAction =
    kind === 'kill' || kind === 'killgroup' || kind === 'throw'
      ? { kind }
      : { kind: 'delay', ms: Number(ms) };
  return { name, action, hit: Number(hit ?? 1) };
}

async function act(rule: FailpointRule): Promise<void> {
  switch (rule.action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      // The signal is not always delivered before the call returns, and nothing may happen after a death.
      return never();
    case 'killgroup':
      process.kill(0, 'SIGKILL');
      return never();
    case 'throw':
      throw new Failure('failpoint', `failpoint ${rule.name}`);
    case 'delay':
      await delay(rule.action.ms);
  }
}

function never(): never {
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}
