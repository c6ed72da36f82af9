import type { MapNode, SeqNode, YamlNode } from './node.ts';
import { entryOf } from './node.ts';
import { uniqueIds } from './task-ids.ts';

/** A task in the text: `value` is entry or item `position` of `container`. */
export interface TaskSpot {
  readonly container: MapNode | SeqNode;
  readonly position: number;
  readonly value: YamlNode;
  /** True when the text says the id, by a key or a field. */
  readonly idIsWritten: boolean;
}

/** Ids of the tasks in a plan's text, made ones included. */
export function taskIdsOf(root: MapNode): readonly string[] {
  const tasks = entryOf(root, 'tasks')?.value;
  if (tasks?.kind === 'map') return tasks.entries.map((entry) => entry.key);
  if (tasks?.kind !== 'seq') return [];
  return uniqueIds(
    tasks.items.map((item) => textOf(item, 'id')),
    tasks.items.map(
      (item) =>
        textOf(item, 'title') ??
        textOf(item, 'prompt') ??
        textOf(item, 'spec') ??
        firstWave(item) ??
        itemText(item),
    ),
  );
}

/** Where a task stands; null when there is none with this id. */
export function findTask(root: MapNode, id: string): TaskSpot | null {
  const container = entryOf(root, 'tasks')?.value;
  const position = taskIdsOf(root).indexOf(id);
  if (position === -1 || container === undefined || container.kind === 'scalar') return null;
  if (container.kind === 'map') {
    const value = container.entries[position]?.value;
    return value === undefined ? null : { container, position, value, idIsWritten: true };
  }
  const value = container.items[position];
  if (value === undefined) return null;
  return { container, position, value, idIsWritten: textOf(value, 'id') !== undefined };
}

function textOf(item: YamlNode, key: string): string | undefined {
  const value = entryOf(item, key)?.value;
  return value?.kind === 'scalar' && value.value !== null ? value.source : undefined;
}

function itemText(item: YamlNode): string | undefined {
  return item.kind === 'scalar' && item.value !== null ? item.source : undefined;
}

function firstWave(item: YamlNode): string | undefined {
  const waves = entryOf(item, 'waves')?.value;
  const first = waves?.kind === 'seq' ? waves.items[0] : undefined;
  return first === undefined
    ? undefined
    : (itemText(first) ?? textOf(first, 'title') ?? textOf(first, 'prompt'));
}
