import { basename, resolve } from 'node:path';
import { bayesPlanner, patient } from '../core/mergequeue/index.ts';
import type { AbsolutePath } from '../core/ids.ts';
import { placeOf } from '../core/run/place.ts';
import type { Policy } from '../core/schedule/snapshot.ts';

/** The choices that are free: merge queue strategy, separation of tasks, names of worktrees. */
export function policyOf(repository: AbsolutePath): Policy {
  return {
    planner: patient(bayesPlanner),
    place: (state, task) => {
      const place = placeOf(state, task, basename(repository));
      return { branch: place.branch, path: resolve(repository, place.path) };
    },
  };
}
