/** One consistent look at a run and its surroundings; all that `decide` may know. */
import type { CommitId } from '../ids.ts';
import type { QueuePlanner } from '../mergequeue/model.ts';
import type { RunEvent } from '../run/events.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { Step } from '../run/steps.ts';
import type { Arrival } from './arrivals.ts';

export interface MachineFacts {
  readonly cpuCount: number;
  readonly cpuBusy: number;
  readonly memoryTotalBytes: number;
  readonly memoryAvailableBytes: number;
  readonly diskFreeBytes: number;
}

export interface Snapshot {
  readonly state: RunState;
  readonly nowMs: number;
  readonly machine: MachineFacts;
  /** Where the target is now, against where the queue left it. */
  readonly target: {
    readonly tip: CommitId | null;
    /** `unsettled`: moved in a way that the guard of an attempt under way may yet find to be an agent's and undo. */
    readonly relation: 'same' | 'forward' | 'rewritten' | 'deleted' | 'unsettled';
  };
  /** A held landing may be tried again: its checkout is clean now. */
  readonly isHeldCheckoutClean: boolean;
  /** Branches of a watched queue; absent: it is not watched. */
  readonly arrivals?: readonly Arrival[];
  /** The person asked to stop: nothing new is started, what runs may end. */
  readonly isDraining: boolean;
}

/** Choices that are not the snapshot's. */
export interface Policy {
  readonly planner: QueuePlanner;
  /** Names of branch and path of a task's worktree. */
  readonly place: (state: RunState, task: TaskState) => { readonly branch: string; readonly path: string };
}

/** An event without its time, which the loop adds. */
export type Fact = RunEvent extends infer E ? (E extends { atMs: number } ? Omit<E, 'atMs'> : never) : never;

export type Decision =
  | { readonly kind: 'record'; readonly event: Fact }
  | { readonly kind: 'act'; readonly step: Step; readonly because: string };

export interface Decided {
  readonly decisions: readonly Decision[];
  /** When something will become due by time alone; null when only facts can change anything. */
  readonly wakeAtMs: number | null;
}
