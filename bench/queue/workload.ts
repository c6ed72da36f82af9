/** Workloads in the published format `mergesim-workload/1`, read from a file or generated from a seed. Times in seconds. */
import { prng, type Prng } from '../../src/core/mergequeue/prng.ts';

export interface WorkloadChange {
  readonly id: string;
  readonly arrival: number;
  readonly gateSeconds: number;
  /** The truth; no strategy but the oracle sees it. */
  readonly brokenAlone: boolean;
  readonly conflictsWith: readonly string[];
  readonly textConflictsWith?: readonly string[];
  readonly scopes: readonly string[];
  /** 0 is the normal case in files without priorities; a smaller number is more urgent. */
  readonly priority: number;
  readonly predictedPass?: number;
}

export interface Workload {
  readonly format: string;
  readonly name: string;
  readonly seed: number;
  readonly slots: number;
  readonly changes: readonly WorkloadChange[];
}

export interface WorkloadParams {
  readonly n: number;
  readonly slots: number;
  /** Probability that a change is broken alone. */
  readonly pFail: number;
  /** Probability that a pair with a common area conflicts. */
  readonly pConflict: number;
  /** Coefficient of variation of gate times around 1 (log-normal); 0 for equal ones. */
  readonly gateCv: number;
  /** Changes per gate time; null when all arrive at once. */
  readonly ratePerGate: number | null;
  readonly areas?: number;
  /** Probability that a pair without a common area conflicts all the same. */
  readonly pLeak?: number;
}

const GATE_SECONDS = 60;

/** A workload in which 30 % of the changes touch two areas, as in the published ones. */
export function generateWorkload(params: WorkloadParams, seed: number): Workload {
  const random = prng(seed);
  const areas = params.areas ?? 12;
  let clock = 0;
  const drafts = Array.from({ length: params.n }, (_, index) => {
    if (params.ratePerGate !== null) clock += (random.exponential() * GATE_SECONDS) / params.ratePerGate;
    return {
      id: `c${String(index + 1).padStart(3, '0')}`,
      arrival: clock,
      gateSeconds: GATE_SECONDS * gateFactor(params.gateCv, random),
      brokenAlone: random.next() < params.pFail,
      conflictsWith: [] as string[],
      scopes: drawAreas(areas, random),
      priority: 0,
    };
  });
  drafts.forEach((a, index) => {
    for (const b of drafts.slice(index + 1)) {
      const overlap = a.scopes.some((scope) => b.scopes.includes(scope));
      if (random.next() >= (overlap ? params.pConflict : (params.pLeak ?? 0))) continue;
      a.conflictsWith.push(b.id);
      b.conflictsWith.push(a.id);
    }
  });
  const name = `n${String(params.n)}-k${String(params.slots)}-p${String(params.pFail)}-c${String(params.pConflict)}`;
  return { format: 'mergesim-workload/1', name, seed, slots: params.slots, changes: drafts };
}

function drawAreas(areas: number, random: Prng): string[] {
  const first = random.below(areas);
  const picked = [first];
  if (random.next() < 0.3) picked.push((first + 1 + random.below(areas - 1)) % areas);
  return picked.map((area) => `area${String(area).padStart(2, '0')}/**`);
}

function gateFactor(cv: number, random: Prng): number {
  if (cv === 0) return 1;
  const sigma = Math.sqrt(Math.log(1 + cv * cv));
  const normal = Math.sqrt(2 * random.exponential()) * Math.cos(2 * Math.PI * random.next());
  return Math.exp(sigma * normal - (sigma * sigma) / 2);
}

/** Checks the parts of a workload file the simulator relies on; throws with the first thing that is wrong. */
export function parseWorkload(text: string): Workload {
  const value = JSON.parse(text) as Partial<Workload>;
  if (value.format !== 'mergesim-workload/1')
    throw new Error(`not a mergesim-workload/1 file: ${String(value.format)}`);
  if (!Array.isArray(value.changes) || typeof value.slots !== 'number')
    throw new Error('changes or slots are missing');
  const workload = value as Workload;
  const ids = new Set(workload.changes.map((change) => change.id));
  if (ids.size !== workload.changes.length) throw new Error('two changes have the same id');
  for (const change of workload.changes) {
    const others = [...change.conflictsWith, ...(change.textConflictsWith ?? [])];
    const stranger = others.find((id) => !ids.has(id));
    if (stranger !== undefined)
      throw new Error(`${change.id} conflicts with ${stranger}, which is not in the file`);
  }
  return workload;
}
