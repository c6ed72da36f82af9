/** Snapshots in a line or two, for tests and small examples: `queueOf('a', 'b').red('a').snapshot()`. */
import type { BuildId, ChangeId } from '../ids.ts';
import type { QueueBuild, QueueChange, QueueSnapshot } from './model.ts';

/** A change with defaults: arrival by the caller, priority 2, nothing special. */
export function queueChange(id: string, fields: Partial<Omit<QueueChange, 'id'>> = {}): QueueChange {
  return {
    id: id as ChangeId,
    arrival: 0,
    priority: 2,
    needs: [],
    scopes: [],
    textConflicts: [],
    gateMs: null,
    predictedPass: null,
    alone: false,
    held: false,
    ...fields,
  };
}

export interface QueueBuilder {
  /** Replaces fields of one pending change. */
  readonly change: (id: string, fields: Partial<Omit<QueueChange, 'id'>>) => QueueBuilder;
  /** A build of `members` (blank separated) on the tip as it is at this point of the chain. */
  readonly green: (members: string, onTip?: number) => QueueBuilder;
  readonly red: (members: string, onTip?: number, tries?: number) => QueueBuilder;
  readonly running: (members: string, onTip?: number) => QueueBuilder;
  readonly landed: (ids: string) => QueueBuilder;
  readonly ejected: (ids: string) => QueueBuilder;
  readonly with: (fields: Partial<QueueSnapshot>) => QueueBuilder;
  readonly snapshot: () => QueueSnapshot;
}

/** A queue of the named changes, in order of arrival, on four slots; builds are called b1, b2, ... */
export function queueOf(...ids: readonly string[]): QueueBuilder {
  return builderFor({
    landed: [],
    ejected: [],
    pending: ids.map((id, index) => queueChange(id, { arrival: index })),
    builds: [],
    slots: 4,
    nowMs: 0,
  });
}

function builderFor(state: QueueSnapshot): QueueBuilder {
  const withBuild = (
    result: QueueBuild['state'],
    members: string,
    onTip?: number,
    tries?: number,
  ): QueueBuilder => {
    const build: QueueBuild = {
      id: `b${String(state.builds.length + 1)}` as BuildId,
      members: idsIn(members),
      landedBefore: onTip ?? state.landed.length,
      state: result,
      startedAtMs: state.nowMs,
      ...(tries === undefined ? {} : { tries }),
    };
    return builderFor({ ...state, builds: [...state.builds, build] });
  };
  const without = (ids: readonly ChangeId[]): readonly QueueChange[] =>
    state.pending.filter((change) => !ids.includes(change.id));
  return {
    change: (id, fields) =>
      builderFor({
        ...state,
        pending: state.pending.map((change) => (change.id === id ? { ...change, ...fields } : change)),
      }),
    green: (members, onTip) => withBuild('green', members, onTip),
    red: (members, onTip, tries) => withBuild('red', members, onTip, tries),
    running: (members, onTip) => withBuild('running', members, onTip),
    landed: (ids) =>
      builderFor({ ...state, landed: [...state.landed, ...idsIn(ids)], pending: without(idsIn(ids)) }),
    ejected: (ids) =>
      builderFor({
        ...state,
        ejected: [...state.ejected, ...idsIn(ids).map((id) => ({ id, because: 'broken' as const }))],
        pending: without(idsIn(ids)),
      }),
    with: (fields) => builderFor({ ...state, ...fields }),
    snapshot: () => state,
  };
}

function idsIn(text: string): readonly ChangeId[] {
  return text.split(' ').filter(Boolean) as unknown as readonly ChangeId[];
}
