import type { MapEntry, MapNode, YamlNode } from './node.ts';
import type { SourceProblem } from './problem.ts';

/** Plain values with the way back to the text each came from. */
export interface SourcedValue {
  readonly root: unknown;
  readonly problems: readonly SourceProblem[];
  readonly origin: Origins;
}

/** The node of every map and list, and the entries and items of those that were changed since they were read. */
export interface Origins {
  readonly nodes: ReadonlyMap<object, YamlNode>;
  readonly items: Map<object, YamlNode[]>;
  readonly renamed: Map<object, Map<string, string>>;
}

/** Keys that reach into the prototype of whatever object they are put on. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DUPLICATES = 20;

/** Turns a tree into plain values; repeated keys (the first counts) and forbidden keys are problems. */
export function toValues(tree: YamlNode): SourcedValue {
  const problems: SourceProblem[] = [];
  const convert = (node: YamlNode): unknown => {
    if (node.kind === 'scalar') return node.value;
    return node.kind === 'seq' ? node.items.map(convert) : toMap(node, convert, problems);
  };
  const root = convert(tree);
  let nodes: ReadonlyMap<object, YamlNode> | null = null;
  const origin: Origins = {
    // A plan without problems never asks. Whoever changes a value asks first, so the two are still alike then.
    get nodes() {
      nodes ??= pairUp(root, tree);
      return nodes;
    },
    items: new Map(),
    renamed: new Map(),
  };
  return { root, problems, origin };
}

function pairUp(root: unknown, tree: YamlNode): ReadonlyMap<object, YamlNode> {
  const nodes = new Map<object, YamlNode>();
  const pair = (value: unknown, node: YamlNode): void => {
    if (typeof value !== 'object' || value === null || node.kind === 'scalar') return;
    nodes.set(value, node);
    if (node.kind === 'seq') {
      for (const [index, item] of node.items.entries()) pair(stepInto(value, index), item);
      return;
    }
    // From the last to the first: of a repeated key the first is the one that counts.
    for (const entry of node.entries.toReversed()) pair(stepInto(value, entry.key), entry.value);
  };
  pair(root, tree);
  return nodes;
}

/** Where a step of a path stands in the text: the key of a map entry, or null for a list item. */
export interface Spot {
  readonly key: MapEntry | null;
  readonly value: YamlNode;
}

/** The spot of `step` inside `container`; null when the text has none. */
export function spotOf(container: unknown, step: PropertyKey, origin: Origins): Spot | null {
  if (typeof container !== 'object' || container === null) return null;
  const node = origin.nodes.get(container);
  if (node?.kind === 'seq') {
    const value = (origin.items.get(container) ?? node.items)[Number(step)];
    return value === undefined ? null : { key: null, value };
  }
  if (node?.kind !== 'map') return null;
  const written = origin.renamed.get(container)?.get(String(step)) ?? String(step);
  const entry = node.entries.find((candidate) => candidate.key === written);
  return entry === undefined ? null : { key: entry, value: entry.value };
}

/** The deepest spot along `path` that the text has, and the value it belongs to. */
export function deepestSpot(root: unknown, path: readonly PropertyKey[], origin: Origins): Spot | null {
  let value = root;
  let spot: Spot | null = null;
  for (const step of path) {
    const next = spotOf(value, step, origin);
    if (next === null) break;
    spot = next;
    value = stepInto(value, step);
  }
  return spot;
}

/** The own property or item `step` of a value. */
export function stepInto(value: unknown, step: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<PropertyKey, unknown>)[step];
}

/** The value at `path`; undefined when there is none. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(stepInto, root);
}

/** Takes the value at `path` out, so that what is left can still be judged. */
export function removeAt(root: unknown, path: readonly PropertyKey[], origin: Origins): void {
  const container = valueAt(root, path.slice(0, -1));
  const step = path.at(-1);
  if (typeof container !== 'object' || container === null || step === undefined) return;
  const node = origin.nodes.get(container);
  if (!Array.isArray(container)) {
    delete (container as Record<PropertyKey, unknown>)[step];
    return;
  }
  if (!origin.items.has(container) && node?.kind === 'seq') origin.items.set(container, [...node.items]);
  origin.items.get(container)?.splice(Number(step), 1);
  container.splice(Number(step), 1);
}

/** Gives a key the name it should have had; false when that name is taken. */
export function renameKey(
  container: unknown,
  names: { readonly from: string; readonly to: string },
  origin: Origins,
): boolean {
  if (typeof container !== 'object' || container === null || Object.hasOwn(container, names.to)) return false;
  // Pairs values with their nodes while the names are still those of the text.
  void origin.nodes;
  const map = container as Record<string, unknown>;
  map[names.to] = map[names.from];
  delete map[names.from];
  const renamed = origin.renamed.get(container) ?? new Map<string, string>();
  renamed.set(names.to, names.from);
  origin.renamed.set(container, renamed);
  return true;
}

function toMap(node: MapNode, convert: (node: YamlNode) => unknown, problems: SourceProblem[]): object {
  const map: Record<string, unknown> = {};
  for (const entry of node.entries) {
    if (FORBIDDEN_KEYS.has(entry.key)) problems.push(forbiddenKey(entry));
    else if (!Object.hasOwn(map, entry.key)) map[entry.key] = convert(entry.value);
    else if (problems.length < MAX_DUPLICATES) problems.push(repeatedKey(entry));
  }
  return map;
}

function forbiddenKey(entry: MapEntry): SourceProblem {
  return {
    code: 'E0105',
    severity: 'error',
    message: `the key "${entry.key}" is not allowed`,
    start: entry.keyStart,
    end: entry.keyEnd,
    why: 'it has a meaning of its own in JavaScript',
    fix: 'use another name',
  };
}

function repeatedKey(entry: MapEntry): SourceProblem {
  return {
    code: 'E0109',
    severity: 'error',
    message: `the key "${entry.key}" is there twice`,
    start: entry.keyStart,
    end: entry.keyEnd,
    why: 'one of the two would be lost',
    fix: 'remove or rename one of them',
  };
}
