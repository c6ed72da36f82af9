/**
 * A YAML text as a tree with positions, whichever reader made it. Offsets are UTF-16 units into the text.
 */
export type YamlNode = ScalarNode | MapNode | SeqNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** The text of a plain scalar as written, for ids like `1.10` that read as numbers; else the value. */
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

export interface MapNode {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly entries: readonly MapEntry[];
  readonly start: number;
  readonly end: number;
}

export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: YamlNode;
}

export interface SeqNode {
  readonly kind: 'seq';
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
  readonly start: number;
  readonly end: number;
}

/** The entry of `key`, the first if there are several; null when absent or when `node` is not a map. */
export function entryOf(node: YamlNode | null | undefined, key: string): MapEntry | null {
  if (node?.kind !== 'map') return null;
  return node.entries.find((entry) => entry.key === key) ?? null;
}
