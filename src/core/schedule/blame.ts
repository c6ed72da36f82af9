/** Turning evidence against a change into its ejection, or into the question whether the target is green at all. */
import type { QueueVerdict } from '../mergequeue/model.ts';
import type { RunState } from '../run/state.ts';
import { lockTaken } from './slots.ts';
import type { Decision } from './snapshot.ts';

type Eject = Extract<QueueVerdict, { kind: 'eject' }>;

/** Landed changes named beside an ejected one. */
const NAMED_COMPANY = 3;

/** A change is blamed on the tip's word only when the tip itself is known to pass. */
export function blame(verdict: Eject, state: RunState): readonly Decision[] {
  if (verdict.evidence.green !== 'tip' || state.queue.tipProof === 'green') return [ejection(verdict, state)];
  if (state.queue.tipProof === 'red') return [unprovable(verdict, state)];
  const isAsked = [...state.intents.values()].some(
    ({ step }) => step.kind === 'run-gates' && step.subject.kind === 'tip',
  );
  if (isAsked || lockTaken(state, { kind: 'tip' })) return [];
  const { tip, tipTree } = state.queue;
  return [
    {
      kind: 'act',
      step: {
        kind: 'run-gates',
        subject: { kind: 'tip' },
        commit: tip,
        tree: tipTree,
        base: tip,
        slot: 'tip',
        fresh: false,
      },
      because: `a change is red on ${state.target}: is ${state.target} itself green?`,
    },
  ];
}

function unprovable(verdict: Eject, state: RunState): Decision {
  return {
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change: verdict.change,
      because: 'rejected',
      detail: `${state.target} itself fails the gates, so nothing can be proven on it`,
      red: verdict.evidence.red,
      green: null,
      files: [],
    },
  };
}

function ejection(verdict: Eject, state: RunState): Decision {
  const { red, green } = verdict.evidence;
  const build = state.queue.builds.get(red);
  const gates = build?.red.join(', ') ?? 'gates';
  return {
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change: verdict.change,
      because: 'broken',
      detail: `${gates} failed on the merged result${companyOf(verdict, state)}; without it the tree is green`,
      red,
      green,
      files: [],
    },
  };
}

/** With what it failed: the other members of the red tree, or what had landed just before. */
function companyOf(verdict: Eject, state: RunState): string {
  const build = state.queue.builds.get(verdict.evidence.red);
  const others = (build?.members ?? []).filter((member) => member !== verdict.change);
  if (others.length > 0) return ` together with ${others.join(', ')}`;
  const landed = state.queue.landed.slice(0, build?.landedBefore ?? 0).slice(-NAMED_COMPANY);
  return landed.length === 0 ? '' : ` (after ${landed.join(', ')} landed)`;
}
