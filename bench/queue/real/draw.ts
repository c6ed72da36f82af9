/** Workloads of every mixture that the format can say, drawn from a seed; none is like a published one on purpose. */
import { prng, type Prng } from '../../../src/core/mergequeue/prng.ts';
import { generateWorkload, type Workload, type WorkloadChange } from '../workload.ts';

const SLOTS = [1, 2, 3, 4, 6, 8];
const BROKEN = [0, 0.03, 0.08, 0.15, 0.3];
const CONFLICT = [0, 0.01, 0.03, 0.08];
const LEAK = [0, 0, 0.002, 0.008];
const UNEVEN = [0, 0, 0.4, 0.9];
const TEXTUAL = [0, 0, 1, 3];

/** At most `most` changes; a small one is as likely as a large one. */
export function drawWorkload(seed: number, most: number): Workload {
  const random = prng(seed * 2_654_435_761);
  const n = 2 + random.below(Math.max(1, most - 1));
  const params = {
    n,
    slots: pick(SLOTS, random),
    pFail: pick(BROKEN, random),
    pConflict: pick(CONFLICT, random),
    pLeak: pick(LEAK, random),
    gateCv: pick(UNEVEN, random),
    ratePerGate: null,
    areas: 3 + random.below(12),
  };
  const workload = generateWorkload(params, seed);
  const changes = withTextConflicts(workload.changes, pick(TEXTUAL, random), random);
  return { ...workload, name: `${workload.name}-l${params.pLeak}-g${params.gateCv}-s${seed}`, changes };
}

function pick(values: readonly number[], random: Prng): number {
  return values[random.below(values.length)] ?? 0;
}

function withTextConflicts(
  changes: readonly WorkloadChange[],
  pairs: number,
  random: Prng,
): readonly WorkloadChange[] {
  const clashes = new Map<string, string[]>();
  for (let pair = 0; pair < pairs; pair += 1) {
    const a = changes[random.below(changes.length)];
    const b = changes[random.below(changes.length)];
    if (a === undefined || b === undefined || a === b || clashes.get(a.id)?.includes(b.id) === true) continue;
    clashes.set(a.id, [...(clashes.get(a.id) ?? []), b.id]);
    clashes.set(b.id, [...(clashes.get(b.id) ?? []), a.id]);
  }
  return changes.map((change) => ({ ...change, textConflictsWith: clashes.get(change.id) ?? [] }));
}
