/** Which tasks are likely to change the same files, before anybody has begun: read once, when a run starts. */
import type { RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { coChangeOf } from '../../core/separation/co-change.ts';
import { expectedPairs, MAX_EXPECTED_TASKS } from '../../core/separation/expected.ts';
import { pathsInText, readFileList } from '../../core/separation/paths-in-text.ts';
import { readScope } from '../../core/separation/scope.ts';
import { seedsOf, type TouchSources, touchesOf, withoutPaths } from '../../core/separation/touches.ts';
import { Failure } from '../../kit/failure.ts';
import type { Deps } from '../deps.ts';
import { subjectOfTask } from './subjects.ts';

/** Tracked names read; beyond them a text or scope speaks for no single file. */
const MAX_FILES = 50_000;
/** Commits read for what changes together. */
const HISTORY = 1_000;

/** The fact for the log; null when nothing is likely, nobody asks, or git cannot say. */
export async function expectOverlaps(deps: Pick<Deps, 'git'>, state: RunState): Promise<Fact | null> {
  const { conflicts } = state.plan;
  const tasks = [...state.tasks.values()].map(({ task }) => task).filter(({ mode }) => mode === 'agent');
  if (state.expected !== null || conflicts.onOverlap === 'allow') return null;
  if (tasks.length < 2 || tasks.length > MAX_EXPECTED_TASKS) return null;
  try {
    const files = readFileList(await deps.git.listFiles(state.queue.tip, MAX_FILES));
    const sources = tasks.map((task): TouchSources => {
      const { text } = subjectOfTask(task);
      const scope = readScope(task.scope, conflicts.ignore);
      return { scope, named: pathsInText(text, files), committed: [], uncommitted: [], isGoingOn: true };
    });
    const seeds = new Set(sources.flatMap(seedsOf));
    const history =
      seeds.size === 0 ? null : coChangeOf(await deps.git.coChange(state.queue.tip, HISTORY), seeds);
    const subjects = tasks.map(({ id, needs }, at) => {
      const own = sources[at];
      const touches = own === undefined ? new Map() : touchesOf(own, files, history);
      return {
        id,
        needs: needs.map(({ task }) => task),
        scope: own?.scope ?? null,
        touches: withoutPaths(touches, conflicts.ignore),
      };
    });
    const { pairs, dropped } = expectedPairs(subjects);
    return pairs.length === 0 ? null : { kind: 'overlap.expected', pairs, dropped };
  } catch (error) {
    // Without it, declared scopes decide, as for a repository without history.
    if (error instanceof Failure && error.code !== 'leader-lost') return null;
    throw error;
  }
}
