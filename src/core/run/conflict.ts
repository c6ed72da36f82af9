/**
 * A text conflict as a durable record. A change that cannot be merged with the target leaves the tests and becomes
 * `conflicted`; the stages of the plan's chain try, one after the other, to make a commit with exactly the two parents
 * {target, change}. Such a commit enters the queue as a change of its own (`of` names the one it stands for) and is
 * proven like any other:
 *
 *   pending ──conflict──► conflicted ──a stage resolved it──► superseded ──its resolution landed──► (done)
 *                             ▲  │                                │
 *                             │  └── no stage is left ──► ejected │
 *                             └────────── red, or in conflict again with a target that moved
 *
 * Nothing here skips proof, and a resolution that turns out red costs a gate run and nothing else.
 */
import type { TurnFacts } from '../agents/turns.ts';
import type { ChangeId, CommitId, RepoPath, TreeId } from '../ids.ts';

/** One way of resolving. `clean`: on the present target there is nothing left to resolve. */
export type ResolutionStage =
  'clean' | 'recorded' | 'structural' | 'both' | 'theirs' | 'ours' | 'agent' | 'person';

export interface ResolutionTry {
  readonly stage: ResolutionStage;
  /** Name of the agent; null unless the stage is `agent`. */
  readonly agent: string | null;
  /** The target it was made for. */
  readonly onto: CommitId;
  readonly outcome: 'resolved' | 'unresolved' | 'red';
  /** One clause: what was done, or why it did not help. */
  readonly detail: string;
  /** The change that its commit entered the queue as; null when it made none. */
  readonly change: ChangeId | null;
  /** Where its output is, relative to the state folder. */
  readonly logs: readonly string[];
  readonly round: number;
}

export interface ConflictState {
  /** Merge base, target and change when it was found; `base` is null when git named none. */
  readonly base: CommitId | null;
  readonly ours: CommitId;
  /** What is to be merged: the change's head, or what an agent or a person made of it on an older target. */
  readonly theirs: CommitId;
  readonly files: readonly RepoPath[];
  /** Landed changes of this run that touched the same files: the other side. */
  readonly company: readonly ChangeId[];
  readonly openedAtMs: number;
  /** How often the target moved under a resolution, from 1. */
  readonly round: number;
  readonly tries: readonly ResolutionTry[];
  /** A person asked for this agent; it comes before everything else of the chain. */
  readonly asked: { readonly agent: string; readonly by: string } | null;
  /** Made by the last stage and not in the queue yet. */
  readonly made: MadeResolution | null;
}

export interface MadeResolution {
  readonly stage: ResolutionStage;
  readonly agent: string | null;
  readonly by: string | null;
  readonly onto: CommitId;
  readonly head: CommitId;
  /** Absent in older logs, and when a person made it. */
  readonly tree?: TreeId | null;
  readonly files: readonly RepoPath[];
}

/** Where a change came from, when it is not simply a branch. */
export type ChangeOrigin =
  | {
      readonly kind: 'resolution';
      /** The change it stands for. */
      readonly of: ChangeId;
      readonly stage: ResolutionStage;
      readonly agent: string | null;
      readonly by: string | null;
      readonly onto: CommitId;
      readonly files: readonly RepoPath[];
    }
  | {
      readonly kind: 'revert';
      /** The change that is taken back; null when it landed outside this run. */
      readonly of: ChangeId | null;
      /** What it added is the difference from `parent` to `commit`. */
      readonly commit: CommitId;
      readonly parent: CommitId;
      readonly by: string;
      readonly because: string;
    };

/** What a stage made, as its effect reports it. */
export interface ResolutionOutcome {
  readonly outcome: 'resolved' | 'unresolved' | 'cancelled';
  readonly head: CommitId | null;
  readonly tree: TreeId | null;
  readonly files: readonly RepoPath[];
  readonly detail: string;
  readonly log: string | null;
  /** The agent's turn; absent for a rule. */
  readonly turn?: TurnFacts;
}
