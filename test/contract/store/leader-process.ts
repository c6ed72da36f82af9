/** A process of its own that leads or tries to; obeys lines on stdin, answers with JSON lines on stdout. */
import { createInterface } from 'node:readline';
import { openSqliteStore } from '../../../src/adapters/store-sqlite/store.ts';
import type { Leadership } from '../../../src/ports/store.ts';
import { noFailpoint, noted, realClock } from './harness.ts';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, failpoint: noFailpoint, clock: realClock });
let leadership: Leadership | null = null;

async function obey(command: string): Promise<unknown> {
  switch (command) {
    case 'lead':
    case 'takeover': {
      const outcome = await store.lead({ address: `of-${process.pid}`, takeover: command === 'takeover' });
      if (outcome.kind === 'held') return outcome;
      leadership = outcome.leadership;
      return { kind: 'leading', epoch: leadership.epoch };
    }
    case 'append':
      return store.append(await store.lastSeq(), leadership?.epoch ?? 0, [noted(process.pid)], Date.now());
    case 'lost':
      return leadership?.lost.aborted ?? null;
    case 'flood':
      for (let seq = await store.lastSeq(); ; seq += 3) {
        const events = [noted(seq), noted('x'.repeat(2_000)), noted('y')];
        const outcome = await store.append(seq, leadership?.epoch ?? 0, events, Date.now());
        answer({ kind: outcome.kind, seq: seq + 3 });
      }
    default:
      return { unknown: command };
  }
}

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

answer({ opened: process.pid });
for await (const line of createInterface({ input: process.stdin })) answer(await obey(line));
await store.close();
