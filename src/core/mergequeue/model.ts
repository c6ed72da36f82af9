/**
 * The merge queue as data. A change waits to land; a build is one tree (tip + members, in order) whose gates run; the
 * planner proposes builds, the verdicts (land, eject) follow from evidence alone, and invariants are checked after both.
 */
import type { BuildId, ChangeId } from '../ids.ts';

export interface QueueChange {
  readonly id: ChangeId;
  /** Order of arrival; smaller is older. */
  readonly arrival: number;
  /** When it arrived; tells steady arrivals (where a chain is best) from a burst. */
  readonly arrivedAtMs?: number;
  readonly priority: 0 | 1 | 2 | 3 | 4;
  /** Changes that must be on the target before it, or in the same tree. */
  readonly needs: readonly ChangeId[];
  /** Touched paths or declared areas; overlap is prior knowledge about pairs, never proof. */
  readonly scopes: readonly string[];
  /** Pending changes it cannot be merged with textually: never in one tree with them. */
  readonly textConflicts: readonly ChangeId[];
  /** Expected gate time in ms; null when unknown. */
  readonly gateMs: number | null;
  /** Probability 0..1 that it is green alone, from history; null: the project's prior. */
  readonly predictedPass: number | null;
  /** Never tested together with others. */
  readonly alone: boolean;
  /** Held back by a person or a missing approval: in no new build. */
  readonly held: boolean;
}

export interface QueueBuild {
  readonly id: BuildId;
  /** Members beyond the tip at its start, in merge order. The tree is `landedBefore` + `members`. */
  readonly members: readonly ChangeId[];
  /** How many changes of `QueueSnapshot.landed` were on the tip when it was built. */
  readonly landedBefore: number;
  readonly state: 'running' | 'green' | 'red';
  readonly startedAtMs: number;
  /** When its result was known; absent while it runs. Only `waitUntil` asks for it. */
  readonly endedAtMs?: number;
  /** How often its gates ran to the end with this result; 1 when absent. */
  readonly tries?: number;
}

/** What earlier queues of this project saw; turns the wide prior into a narrow one. */
export interface QueueHistory {
  /** Changes that were judged alone against the tip, and how many of them were broken. */
  readonly changes: number;
  readonly broken: number;
  /** Pairs with overlapping scopes that were tested together, and how many of them conflicted. */
  readonly overlappingPairs: number;
  readonly conflicts: number;
}

export interface QueueSnapshot {
  /** Changes on the target since this queue began, in landing order. */
  readonly landed: readonly ChangeId[];
  /** With the reason for telling broken-alone from conflict apart. */
  readonly ejected: readonly {
    readonly id: ChangeId;
    readonly because: 'broken' | 'conflict' | 'withdrawn';
  }[];
  readonly pending: readonly QueueChange[];
  /** Every build since the target last moved by someone else's hand; cancelled ones are left out. */
  readonly builds: readonly QueueBuild[];
  /** Builds that may run at once. */
  readonly slots: number;
  readonly nowMs: number;
  /** When something last landed or was ejected, or the queue began; the watchdog of bounded waiting needs it. */
  readonly decidedAtMs?: number;
  /** Every change is published by its own green tree (groups are never landed as one step). Default false. */
  readonly everyCommit?: boolean;
  /** The tree is closed: only changes of this priority or a more urgent one (a smaller number) start or land. */
  readonly closedTo?: 0 | 1 | 2 | 3 | 4;
  /** Probability that the gates of a good tree come out red. Above 0 a red tree is repeated before it ejects. */
  readonly flakeRate?: number;
  readonly history?: QueueHistory;
  /** What is known of changes that left the queue; their scopes tell which pairs may still conflict with the target. */
  readonly departed?: readonly QueueChange[];
}

export type QueueProposal =
  | {
      readonly kind: 'start';
      readonly members: readonly ChangeId[];
      readonly because: string;
      /** The red build of the same tree this one repeats: its recorded result must not be reused. */
      readonly repeats?: BuildId;
    }
  | { readonly kind: 'cancel'; readonly build: BuildId; readonly because: string };

/** Facts that follow from evidence; never a strategy's choice. */
export type QueueVerdict =
  | {
      readonly kind: 'land';
      readonly build: BuildId;
      /** What the landing adds to the present tip: the build's members without those landed since, in its order. */
      readonly members: readonly ChangeId[];
    }
  | {
      readonly kind: 'eject';
      readonly change: ChangeId;
      /** `conflict` when a tree that held it ran green before, so it is not broken by itself. */
      readonly because?: 'broken' | 'conflict';
      /** The red tree, and the green tree (or the tip itself) it differs from by this change alone. */
      readonly evidence: { readonly red: BuildId; readonly green: BuildId | 'tip' };
      /** Probability 0..1 that the red tree is red in truth; below 1 only where gates are known to be flaky. */
      readonly confidence?: number;
    };

/** A strategy: pure, deterministic for the same snapshot and seed. */
export type QueuePlanner = (snapshot: QueueSnapshot, seed: number) => readonly QueueProposal[];
