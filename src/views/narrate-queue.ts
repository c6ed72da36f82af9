/** Lines about the merge queue. A change is named by its task, or by its branch when it has none. */
import { assertNever } from '../kit/assert.ts';
import type { ChangeId } from '../core/ids.ts';
import type { QueueEvent } from '../core/run/queue-events.ts';
import type { RunState } from '../core/run/state.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { listed, shortId } from './words.ts';

export function narrateQueue(event: QueueEvent, state: RunState): Narration | null {
  switch (event.kind) {
    case 'queue.entered':
      return say(0, 'info', `${event.task ?? event.branch}  entered the merge queue for ${state.target}`);
    case 'queue.taken_in':
      return takenIn(event, state);
    case 'build.made': {
      const members = event.commits.map(({ change }) => nameOf(change, state));
      return say(
        1,
        'busy',
        `${event.build}  testing ${listed(members)} on ${shortId(event.tip)}${because(event.build, state)}`,
      );
    }
    case 'build.conflicted': {
      const other = event.withChange === null ? state.target : nameOf(event.withChange, state);
      return say(
        1,
        'info',
        `${nameOf(event.change, state)}  cannot be merged with ${other}: ${listed(event.files)}`,
      );
    }
    case 'build.cancelled':
      return say(1, 'info', `${event.build}  cancelled: ${event.because}`);
    case 'landed': {
      const names = event.changes.map(({ change }) => nameOf(change, state));
      const checkout = event.checkout === 'fast-forwarded' ? ', its checkout was brought along' : '';
      return say(
        0,
        'done',
        `${listed(names, 8)}  landed on ${state.target} at ${shortId(event.to)}${checkout}`,
      );
    }
    case 'landing.void':
      return say(1, 'info', `${event.build}  did not land: ${event.because}`);
    case 'landing.held':
      return say(0, 'warn', `${event.build}  proven, held back: uncommitted changes in ${event.checkout}`);
    case 'target.moved':
      return moved(event, state);
    case 'change.ejected':
      return say(
        0,
        event.because === 'withdrawn' ? 'info' : 'warn',
        `${nameOf(event.change, state)}  ${event.because === 'withdrawn' ? '' : `ejected from the queue (${event.because}): `}${event.detail}`,
      );
    default:
      return assertNever(event);
  }
}

/** The task of a change, else its branch. */
export function nameOf(id: ChangeId, state: RunState): string {
  const change = state.queue.changes.get(id);
  return change?.task ?? change?.branch ?? id;
}

function because(build: Extract<QueueEvent, { kind: 'build.made' }>['build'], state: RunState): string {
  const why = state.queue.builds.get(build)?.because ?? '';
  return why === '' ? '' : `: ${why}`;
}

function takenIn(event: Extract<QueueEvent, { kind: 'queue.taken_in' }>, state: RunState): Narration {
  const name = nameOf(event.change, state);
  switch (event.outcome) {
    case 'taken':
      return say(2, 'info', `${name}  taken in${event.head === null ? '' : ` at ${shortId(event.head)}`}`);
    case 'contained':
      return say(0, 'info', `${name}  is on ${state.target} already`);
    case 'rejected':
      return say(0, 'fail', `${name}  refused: ${event.detail}`);
    default:
      return assertNever(event.outcome);
  }
}

function moved(event: Extract<QueueEvent, { kind: 'target.moved' }>, state: RunState): Narration {
  const from = shortId(event.from);
  switch (event.how) {
    case 'forward': {
      const to = event.to === null ? 'another commit' : shortId(event.to);
      return say(
        0,
        'info',
        `${state.target}  moved by someone else from ${from} to ${to}; tests start anew on it`,
      );
    }
    case 'rewritten':
      return say(
        0,
        'fail',
        `${state.target}  rewritten by someone else (was at ${from}); nothing more lands in this run`,
      );
    case 'deleted':
      return say(
        0,
        'fail',
        `${state.target}  deleted by someone else (was at ${from}); nothing more lands in this run`,
      );
    default:
      return assertNever(event.how);
  }
}
