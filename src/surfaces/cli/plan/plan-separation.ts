/** Which tasks of a plan may work at one time, by everything the repository knows of them. */
import type { Plan } from '../../../core/plan/model.ts';
import { conflictsOf } from '../../../engine/separation.ts';
import { subjectOfTask } from '../../../engine/separation/subjects.ts';
import { Failure } from '../../../kit/failure.ts';
import type { PlanSeparation } from '../../../views/plan-separation.ts';
import type { Context } from '../host.ts';
import { findPlace } from '../place.ts';

/** Every pair is compared; of a larger plan `copse conflicts A B` compares the named ones. */
const MAX_TASKS = 300;

/** null when there is no repository to ask, or too many tasks. */
export async function separationOf(context: Context, plan: Plan): Promise<PlanSeparation | null> {
  if (plan.tasks.length < 2 || plan.tasks.length > MAX_TASKS) return null;
  try {
    const place = findPlace(context.cwd, context.world.env);
    const git = await context.world.openGit(place);
    try {
      const facts = await git.facts();
      const target = plan.merge.into === null ? null : await git.branchTip(plan.merge.into);
      const onto = target ?? facts.head;
      if (onto === null) return null;
      const deps = {
        git,
        paths: { state: place.state, repository: place.repository },
        // Nothing is merged on trial, so nothing is kept.
        files: { read: async () => null, write: async () => undefined },
      };
      const { ignore } = plan.conflicts;
      const { together } = await conflictsOf(deps, plan.tasks.map(subjectOfTask), { onto, ignore });
      return { together: together.sets, apart: together.rivals };
    } finally {
      git.close();
    }
  } catch (error) {
    // The plan can be shown all the same.
    if (error instanceof Failure) return null;
    throw error;
  }
}
