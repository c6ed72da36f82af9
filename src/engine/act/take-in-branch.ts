/** Takes a branch made by anyone into the control repository, so that it can be merged and tested. */
import { MAX_RECORDED_PATHS } from '../../core/run/events.ts';
import { MAX_STACK_COMMITS } from '../../core/run/queue-orders.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { unsafeContent } from './unsafe-content.ts';

type TakeIn = Extract<Step, { kind: 'take-in-branch' }>;

export async function takeInBranch(step: TakeIn, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const { change, branch } = step;
  const taken = await deps.git.takeIn({ branch, workspace: null }, `refs/copse/heads/${state.id}/${change}`);
  if (taken.kind === 'rejected') {
    return [
      {
        kind: 'queue.taken_in',
        intent,
        change,
        outcome: 'rejected',
        head: null,
        paths: [],
        detail: taken.reason,
      },
    ];
  }
  const { head } = taken;
  const { tip } = state.queue;
  const base = await deps.git.mergeBase(tip, head);
  if (base === head) {
    const detail = `already contained in ${state.target}`;
    return [{ kind: 'queue.taken_in', intent, change, outcome: 'contained', head, paths: [], detail }];
  }
  if (base === null) {
    const detail = `shares no history with ${state.target}`;
    return [{ kind: 'queue.taken_in', intent, change, outcome: 'rejected', head, paths: [], detail }];
  }
  const facts = await deps.git.intakeFacts(base, head);
  const unsafe = [
    ...unsafeContent(facts),
    ...facts.conflictMarkers.map((path) => `conflict markers in ${path}`),
  ];
  if (unsafe.length > 0) {
    const detail = `unsafe content: ${unsafe.slice(0, 5).join(', ')}`;
    return [{ kind: 'queue.taken_in', intent, change, outcome: 'rejected', head, paths: [], detail }];
  }
  const paths = facts.changed.map((entry) => entry.path).slice(0, MAX_RECORDED_PATHS);
  const commits = await deps.git.commitsBetween(tip, head, MAX_STACK_COMMITS);
  return [{ kind: 'queue.taken_in', intent, change, outcome: 'taken', head, paths, detail: '', commits }];
}
