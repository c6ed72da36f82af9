/** What the agents at work are really doing, looked at while somebody asks: the log of a run does not hold it. */
import { join } from 'node:path';
import type { TaskId, AbsolutePath } from '../../../core/ids.ts';
import type { RunState } from '../../../core/run/state.ts';
import type { StatusView, TaskView } from '../../../views/status-view.ts';
import { conditionClause } from '../../../views/condition-text.ts';
import type { World } from '../host.ts';
import type { Place } from '../place.ts';
import { attemptRunDir } from '../state-paths.ts';

/** Agents looked at for one answer; each that is still takes a fifth of a second, side by side. */
const MOST_LOOKED_AT = 64;

/** What waits for a person says so already. */
const WORKS: ReadonlySet<string> = new Set(['working', 'fixing']);

/** The same view with the condition of each agent at work, and its clause behind the reason. */
export async function withConditions(
  world: Pick<World, 'lookAtAgent'>,
  place: Place,
  state: RunState,
  view: StatusView,
): Promise<StatusView> {
  let left = MOST_LOOKED_AT;
  const tasks = view.tasks.map(async (task): Promise<TaskView> => {
    const agent = WORKS.has(task.status) ? agentOf(task.id, place, state) : null;
    if (agent === null || left <= 0) return task;
    left -= 1;
    const condition = await world.lookAtAgent(agent);
    if (condition === null) return task;
    const clause = conditionClause(condition);
    return { ...task, condition, reason: clause === null ? task.reason : `${task.reason}; ${clause}` };
  });
  return { ...view, tasks: await Promise.all(tasks) };
}

function agentOf(id: string, place: Place, state: RunState): Parameters<World['lookAtAgent']>[0] | null {
  const task = state.tasks.get(id as TaskId);
  if (task?.progress.kind !== 'working' || task.workspace === null) return null;
  const attempt = state.attempts.get(task.progress.attempt);
  const spec = attempt === undefined ? undefined : state.plan.agents[attempt.agent];
  return {
    runDir: join(place.state, attemptRunDir(state.id, task.progress.attempt)) as AbsolutePath,
    worktree: task.workspace.path,
    output: spec?.kind === 'command' ? (spec.client?.output ?? 'text') : 'text',
  };
}
