/**
 * Changes to the text of a plan: a task added, changed or removed. Only the lines concerned change; comments, order
 * and style of the rest stay as they are. Each result is read back, and given out only if it says what was meant.
 */
import type { Result } from '../../kit/result.ts';
import { err, ok } from '../../kit/result.ts';
import { parseTaskId } from '../../core/ids.ts';
import { applyEdits } from './fix.ts';
import type { MapNode, SeqNode, YamlNode } from './node.ts';
import { entryOf } from './node.ts';
import type { TextEdit } from './problem.ts';
import { readSource } from './read.ts';
import type { PlanValue } from './snippet.ts';
import { blockEntry, blockItem, flowEntry, flowValue } from './snippet.ts';
import { findTask, taskIdsOf } from './task-spots.ts';
import type { TaskSpot } from './task-spots.ts';
import { columnOf, lineEndAfter, removalOf } from './text-spans.ts';
import { toValues, valueAt } from './values.ts';

export type EditRefusal =
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'bad-id'; readonly message: string }
  | { readonly kind: 'exists'; readonly message: string }
  | { readonly kind: 'unknown-task'; readonly message: string; readonly known: readonly string[] };

/** Fields of a task as in the plan file (`prompt`, `needs`, …); a text is a task in its short form. */
export type TaskFields = string | { readonly [key: string]: PlanValue };

/** Puts a task at the end of `tasks`. In a list the id is written as a field. */
export function addTask(text: string, id: string, fields: TaskFields): Result<string, EditRefusal> {
  if (parseTaskId(id) === null) return err({ kind: 'bad-id', message: `"${id}" is no usable id` });
  const root = readRoot(text);
  if (root === null) return err(unreadable());
  if (taskIdsOf(root).includes(id))
    return err({ kind: 'exists', message: `there is already a task "${id}"` });
  const tasks = entryOf(root, 'tasks');
  const container = tasks?.value ?? null;
  const listed: TaskFields = typeof fields === 'string' ? { id, prompt: fields } : { id, ...fields };
  if (tasks === null) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    return verified(`${text}${gap}${blockEntry('tasks', { [id]: fields }, 0)}\n`, id, fields);
  }
  if (container === null || container.kind === 'scalar') {
    const edit = { start: tasks.keyStart, end: Math.max(tasks.keyEnd + 1, container?.end ?? 0) };
    return verified(
      applyEdits(text, [{ ...edit, text: blockEntry('tasks', { [id]: fields }, 0) }]),
      id,
      fields,
    );
  }
  return verified(applyEdits(text, [appendTo(text, container, { id, fields, listed })]), id, fields);
}

/** Sets one field of a task, or takes it out with null. A short form becomes a map. */
export function setTaskField(
  text: string,
  id: string,
  change: { readonly field: string; readonly value: PlanValue | null },
): Result<string, EditRefusal> {
  const root = readRoot(text);
  if (root === null) return err(unreadable());
  const spot = findTask(root, id);
  if (spot === null) return err(unknownTask(id, root));
  const { field, value } = change;
  const expected: PlanValue | undefined = value ?? undefined;
  if (spot.value.kind !== 'map') {
    if (value === null) return ok(text);
    const prompt = spot.value.kind === 'scalar' ? String(spot.value.value ?? '') : '';
    const fields: { [key: string]: PlanValue } = spot.idIsWritten || prompt === '' ? {} : { id };
    if (prompt !== '') fields['prompt'] = prompt;
    if (field === 'prompt') delete fields['prompt'];
    fields[field] = value;
    return verifiedField(applyEdits(text, [rewriteTask(text, spot, fields)]), { id, field, expected });
  }
  const edit = fieldEdit(text, spot.value, { field, value });
  return verifiedField(edit === null ? text : applyEdits(text, [edit]), { id, field, expected });
}

export interface RemovedTask {
  readonly text: string;
  /** Tasks whose needs still name it. */
  readonly neededBy: readonly string[];
}

/** Takes a task out. Needs of others that name it stay, and are told. */
export function removeTask(text: string, id: string): Result<RemovedTask, EditRefusal> {
  const root = readRoot(text);
  if (root === null) return err(unreadable());
  const spot = findTask(root, id);
  if (spot === null) return err(unknownTask(id, root));
  const neededBy = taskIdsOf(root).filter((other) => other !== id && needsOf(root, other).includes(id));
  const result = applyEdits(text, [removalOf(text, spot.container, spot.position)]);
  const after = readRoot(result);
  // Ids made from titles may move up when one of two alike goes; the count tells that one task went.
  const isGone = after !== null && taskIdsOf(after).length === taskIdsOf(root).length - 1;
  return isGone ? ok({ text: result, neededBy }) : err(unreadable());
}

function appendTo(
  text: string,
  container: MapNode | SeqNode,
  task: { readonly id: string; readonly fields: TaskFields; readonly listed: TaskFields },
): TextEdit {
  const children = container.kind === 'map' ? container.entries.map((entry) => entry.value) : container.items;
  const last = children.at(-1);
  if (container.flow || last === undefined) {
    const snippet = container.kind === 'map' ? flowEntry(task.id, task.fields) : flowValue(task.listed);
    const at = last?.end ?? container.start + 1;
    return { start: at, end: at, text: last === undefined ? snippet : `, ${snippet}` };
  }
  const indent = columnOf(text, container.start);
  const snippet =
    container.kind === 'map' ? blockEntry(task.id, task.fields, indent) : blockItem(task.listed, indent);
  const at = lineEndAfter(text, last);
  return { start: at, end: at, text: `\n${' '.repeat(indent)}${snippet}` };
}

/** Writes a task anew as a map. */
function rewriteTask(text: string, spot: TaskSpot, fields: { readonly [key: string]: PlanValue }): TextEdit {
  const { container, position, value } = spot;
  const end = value.end - (text.slice(value.start, value.end).endsWith('\n') ? 1 : 0);
  if (container.flow) return { start: value.start, end, text: flowValue(fields) };
  const indent = columnOf(text, container.start);
  if (container.kind === 'seq') {
    const dash = text.lastIndexOf('-', value.start - 1);
    return { start: dash, end, text: blockItem(fields, indent) };
  }
  const entry = container.entries[position];
  return { start: entry?.keyStart ?? value.start, end, text: blockEntry(entry?.key ?? '', fields, indent) };
}

function fieldEdit(
  text: string,
  task: MapNode,
  { field, value }: { readonly field: string; readonly value: PlanValue | null },
): TextEdit | null {
  const position = task.entries.findIndex((entry) => entry.key === field);
  const entry = task.entries[position];
  if (value === null) return entry === undefined ? null : removalOf(text, task, position);
  const indent = columnOf(text, task.start);
  const snippet = task.flow ? flowEntry(field, value) : blockEntry(field, value, indent);
  if (entry !== undefined) {
    // A value that was left out ends at its key: the colon goes with it.
    const isAbsent = entry.value.start === entry.value.end;
    const end = isAbsent ? text.indexOf(':', entry.keyEnd) + 1 : entry.value.end;
    return {
      start: entry.keyStart,
      end: end - (text.slice(entry.keyStart, end).endsWith('\n') ? 1 : 0),
      text: snippet,
    };
  }
  const last = task.entries.at(-1);
  if (task.flow || last === undefined) {
    const at = last?.value.end ?? task.start + 1;
    return { start: at, end: at, text: last === undefined ? snippet : `, ${snippet}` };
  }
  const at = lineEndAfter(text, last.value);
  return { start: at, end: at, text: `\n${' '.repeat(indent)}${snippet}` };
}

function readRoot(text: string): MapNode | null {
  const { root } = readSource(text);
  if (root?.kind === 'map') return root;
  const isEmpty = root?.kind === 'scalar' && root.value === null;
  return isEmpty ? { kind: 'map', flow: false, entries: [], start: 0, end: 0 } : null;
}

function verified(text: string, id: string, fields: TaskFields): Result<string, EditRefusal> {
  const root = readRoot(text);
  const spot = root === null ? null : findTask(root, id);
  if (spot === null) return err(unreadable());
  const wanted = typeof fields === 'string' ? [['prompt', fields] as const] : Object.entries(fields);
  const isSaid = wanted.every(([key, value]) => isSame(fieldOf(spot.value, key), value));
  return isSaid ? ok(text) : err(unreadable());
}

function verifiedField(
  text: string,
  change: { readonly id: string; readonly field: string; readonly expected: PlanValue | undefined },
): Result<string, EditRefusal> {
  const root = readRoot(text);
  const id = change.field === 'id' && typeof change.expected === 'string' ? change.expected : change.id;
  const found = root === null ? null : (findTask(root, id) ?? findTask(root, change.id));
  if (found === null) {
    // A new title or prompt gives a task without a written id another one.
    return root !== null && ['title', 'prompt', 'id'].includes(change.field) ? ok(text) : err(unreadable());
  }
  return isSame(fieldOf(found.value, change.field), change.expected) ? ok(text) : err(unreadable());
}

function fieldOf(task: YamlNode, key: string): unknown {
  if (task.kind === 'scalar') return key === 'prompt' ? task.value : undefined;
  return valueAt(toValues(task).root, [key]);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function needsOf(root: MapNode, id: string): readonly string[] {
  const spot = findTask(root, id);
  const needs = spot === null ? null : entryOf(spot.value, 'needs')?.value;
  const nodes = needs?.kind === 'seq' ? needs.items : needs ? [needs] : [];
  return nodes.flatMap((node) => {
    const name = node.kind === 'map' ? entryOf(node, 'task')?.value : node;
    return name?.kind === 'scalar' ? [name.source] : [];
  });
}

function unreadable(): EditRefusal {
  const message = 'the plan cannot be changed safely: run copse plan check, or edit it by hand';
  return { kind: 'unreadable', message };
}

function unknownTask(id: string, root: MapNode): EditRefusal {
  return { kind: 'unknown-task', message: `there is no task "${id}"`, known: taskIdsOf(root) };
}
