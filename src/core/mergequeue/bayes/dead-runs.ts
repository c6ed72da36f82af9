/** Runs whose result no longer matters: cancelled to free their slots. */
import type { BuildId, ChangeId } from '../../ids.ts';
import { hasBit } from '../bit-set.ts';
import type { QueueProposal, QueueSnapshot } from '../model.ts';
import { hasLanded, isShutOut, type TreeFacts } from '../tree-facts.ts';
import type { Board } from './board.ts';
import { holdsCertainRed } from './candidates.ts';
import { doOverlap } from './overlap.ts';

export type Cancel = Extract<QueueProposal, { kind: 'cancel' }>;

export function deadRuns(
  snapshot: QueueSnapshot,
  facts: TreeFacts,
  board: Board,
  awaited: ReadonlySet<BuildId>,
): readonly Cancel[] {
  return board.running.flatMap((run): Cancel[] => {
    const cancel = (because: string): Cancel[] => [{ kind: 'cancel', build: run.build, because }];
    const build = snapshot.builds.find((entry) => entry.id === run.build);
    const gone = build?.members.find((id) => !isAlive(id, snapshot, facts));
    if (gone !== undefined) return cancel(`it holds ${gone}, which left the queue or is held`);
    if (run.items.length === 0) return cancel('everything in it has landed');
    // A change alone on the tip is the proof against it, so it runs to its end although its result is foreseen.
    if (run.items.length === 1 && run.holdsTip) return [];
    if (awaited.has(run.build) || isJointRun(run.items, board)) return [];
    if (holdsCertainRed(run.itemBits, board)) return cancel('it holds a tree that was red already');
    if (!run.holdsTip && isCleared(run.items, board))
      return cancel('the target moved on, and nothing in it is in doubt');
    return [];
  });
}

function isAlive(id: ChangeId, snapshot: QueueSnapshot, facts: TreeFacts): boolean {
  const change = facts.pending.get(id);
  return change === undefined ? hasLanded(id, facts) : !change.held && !isShutOut(change, snapshot);
}

/** Two related changes in one tree: they may repair each other, so a red part does not make the run pointless. */
function isJointRun(items: readonly number[], board: Board): boolean {
  const [a, b] = items;
  if (items.length !== 2 || a === undefined || b === undefined) return false;
  const isNeeded =
    board.items[b]?.closure?.includes(a) === true || board.items[a]?.closure?.includes(b) === true;
  return isNeeded || doOverlap(board.overlaps, a, b);
}

function isCleared(items: readonly number[], board: Board): boolean {
  return items.every((item) => {
    const row = board.cleared[item];
    return row !== undefined && hasBit(row, item);
  });
}
