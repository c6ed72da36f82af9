import type { PlanPlace, PlanProblem } from '../../core/plan/problem.ts';
import { spanOf } from './context.ts';
import type { SourceProblem } from './problem.ts';
import type { SourcedValue, Spot } from './values.ts';
import { deepestSpot, stepInto, valueAt } from './values.ts';

/** Finds the text that each problem of the plan's meaning is about. */
export function locateProblems(
  problems: readonly PlanProblem[],
  source: SourcedValue,
  taskKeys: readonly (string | number)[],
): readonly SourceProblem[] {
  return problems.map((problem) => {
    const path = filePath(problem.place, source.root, taskKeys);
    const spot = deepestSpot(source.root, path, source.origin);
    const isId = problem.place[0] === 'tasks' && problem.place.at(-1) === 'id' && typeof path[1] === 'string';
    const { code, severity, message, why, fix } = problem;
    const edit = problem.replacement === undefined ? null : editOf(spot, problem.replacement);
    const span = isId && spot?.key ? { start: spot.key.keyStart, end: spot.key.keyEnd } : spanOf(spot);
    return { code, severity, message, why, fix, ...span, ...(edit === null ? {} : { edits: [edit] }) };
  });
}

function editOf(spot: Spot | null, replacement: string): { start: number; end: number; text: string } | null {
  if (spot?.value.kind !== 'scalar' || spot.value.end === spot.value.start) return null;
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(replacement);
  const text = isPlain ? replacement : JSON.stringify(replacement);
  return { start: spot.value.start, end: spot.value.end, text };
}

/** A place of the plan as a path of its file, through short forms and defaults. */
function filePath(
  place: PlanPlace,
  root: unknown,
  taskKeys: readonly (string | number)[],
): readonly PropertyKey[] {
  const [section, index, field, item, ...rest] = place;
  if (section !== 'tasks' || typeof index !== 'number') return place;
  const task = ['tasks', taskKeys[index] ?? index];
  switch (field) {
    case undefined:
      return task;
    case 'needs':
      return needPath([...task, 'needs'], item, root);
    case 'agent':
      return (
        firstWritten(
          [
            [...task, 'agent'],
            ['defaults', 'agent'],
            ['roles', 'implement'],
          ],
          root,
        ) ?? task
      );
    case 'fallback':
      return itemPath(
        firstWritten(
          [
            [...task, 'fallback'],
            ['defaults', 'fallback'],
          ],
          root,
        ) ?? task,
        item,
        root,
      );
    case 'scope':
      return namedPath([...task, 'scope'], item, root);
    case 'waves':
      return rest[0] === 'gates'
        ? gatePath(task, item, rest[1], root)
        : [...task, 'waves', item ?? 0, ...rest];
    default:
      return [...task, field];
  }
}

function needPath(path: readonly PropertyKey[], item: unknown, root: unknown): readonly PropertyKey[] {
  const need = itemPath(path, item, root);
  const value = valueAt(root, need);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? [...need, 'task'] : need;
}

function itemPath(path: readonly PropertyKey[], item: unknown, root: unknown): readonly PropertyKey[] {
  return Array.isArray(valueAt(root, path)) && typeof item === 'number' ? [...path, item] : path;
}

/** The item of a list that has this text. */
function namedPath(path: readonly PropertyKey[], name: unknown, root: unknown): readonly PropertyKey[] {
  const value = valueAt(root, path);
  const at = Array.isArray(value) ? value.indexOf(name) : -1;
  return at === -1 ? path : [...path, at];
}

function gatePath(
  task: readonly PropertyKey[],
  wave: unknown,
  name: unknown,
  root: unknown,
): readonly PropertyKey[] {
  const own = [...task, 'waves', Number(wave), 'gates'];
  const written = valueAt(root, own);
  if (written === name || (Array.isArray(written) && written.includes(name)))
    return namedPath(own, name, root);
  return namedPath(
    firstWritten(
      [
        [...task, 'gates'],
        ['defaults', 'gates'],
      ],
      root,
    ) ?? task,
    name,
    root,
  );
}

function firstWritten(
  paths: readonly (readonly PropertyKey[])[],
  root: unknown,
): readonly PropertyKey[] | null {
  return (
    paths.find((path) => stepInto(valueAt(root, path.slice(0, -1)), path.at(-1) ?? '') !== undefined) ?? null
  );
}
