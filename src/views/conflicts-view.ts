/** The `data` of `copse.conflicts/1` and `copse.order/1`. */
import type { IndependentSets } from '../core/separation/independent.ts';
import type { Cell } from '../core/separation/matrix.ts';
import type { OrderedLander } from '../core/separation/order.ts';

export interface ConflictPairView {
  readonly a: string;
  readonly b: string;
  readonly result: 'clean' | 'conflict' | 'unknown';
  readonly files: readonly string[];
  readonly origin: readonly string[];
  /** 1: git's verdict on the two tips. Of an unknown pair the chance that both change one file. */
  readonly confidence: number;
  readonly overlap: number;
  readonly because: string;
}

export interface ConflictSubjectView {
  readonly id: string;
  readonly kind: 'task' | 'branch';
  /** What was merged on trial; null when nothing is there yet. */
  readonly tip: string | null;
  /** True when the tip holds work that is in no commit of the branch. */
  readonly uncommitted: boolean;
  readonly changed_paths: number | null;
}

export interface ConflictsView {
  readonly onto: string;
  readonly subjects: readonly ConflictSubjectView[];
  readonly pairs: readonly ConflictPairView[];
  /** Members of one set may run at the same time. */
  readonly together: readonly (readonly string[])[];
  readonly apart: readonly { readonly a: string; readonly b: string; readonly because: string }[];
  readonly order: readonly OrderedLander[];
  /** Pairs, and how their verdicts were found. */
  readonly counts: {
    readonly pairs: number;
    readonly spared: number;
    readonly known: number;
    readonly merged: number;
  };
  readonly notes: readonly string[];
}

/** The parts of what the engine found that are shown; structural, because views know nothing of the engine. */
export interface FoundConflicts {
  readonly onto: string;
  readonly subjects: readonly {
    readonly id: string;
    readonly kind: 'task' | 'branch';
    readonly tip: string | null;
    readonly uncommitted: readonly string[];
    readonly changed: readonly string[] | null;
  }[];
  readonly cells: readonly Cell[];
  readonly together: IndependentSets;
  readonly order: readonly OrderedLander[];
  readonly counts: ConflictsView['counts'];
  readonly notes: readonly string[];
}

export function conflictsView(found: FoundConflicts): ConflictsView {
  return {
    onto: found.onto,
    subjects: found.subjects.map(({ id, kind, tip, uncommitted, changed }) => ({
      id,
      kind,
      tip,
      uncommitted: uncommitted.length > 0,
      changed_paths: changed?.length ?? null,
    })),
    pairs: found.cells.map(({ a, b, result, files, origin, confidence, overlap, because }) => ({
      a,
      b,
      result,
      files,
      origin,
      confidence,
      overlap,
      because,
    })),
    together: found.together.sets,
    apart: found.together.rivals,
    order: found.order,
    counts: found.counts,
    notes: found.notes,
  };
}
