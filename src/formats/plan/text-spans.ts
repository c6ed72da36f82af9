import type { MapNode, SeqNode, YamlNode } from './node.ts';
import type { TextEdit } from './problem.ts';

export function lineStartOf(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Column of an offset, from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStartOf(text, offset);
}

/** The end of the last line of a value, before its line feed; a comment behind the value is on that line. */
export function lineEndAfter(text: string, node: YamlNode): number {
  // A block scalar ends behind its last line feed.
  const last = node.end > node.start && text[node.end - 1] === '\n' ? node.end - 1 : node.end;
  const feed = text.indexOf('\n', last);
  return feed === -1 ? text.length : feed;
}

/** Takes one entry or item out of its container, with its separator or its lines. */
export function removalOf(text: string, container: MapNode | SeqNode, position: number): TextEdit {
  const spans = spansOf(text, container);
  const own = spans[position];
  if (own === undefined) return { start: container.start, end: container.start, text: '' };
  const next = spans[position + 1];
  const previous = spans[position - 1];
  if (next === undefined && previous === undefined) {
    const start = container.flow ? container.start : ownLine(text, container.start);
    // Behind its key a space, in the first column two: it has to be deeper than the key.
    const gap = text[start - 1] === ':' ? ' ' : text[start - 1] === '\n' ? '  ' : '';
    return { start, end: trimEnd(text, container), text: gap + (container.kind === 'map' ? '{}' : '[]') };
  }
  if (container.flow) {
    if (next !== undefined) return { start: own.start, end: next.start, text: '' };
    return { start: previous?.end ?? own.start, end: own.end, text: '' };
  }
  const end = Math.min(lineEndAfter(text, own.value) + 1, text.length);
  const start = lineStartOf(text, own.start);
  // A map behind a dash begins on the dash's line: what follows moves up to it.
  const isBehindDash = text.slice(start, own.start).trim() !== '';
  if (isBehindDash && next !== undefined) return { start: own.start, end: next.start, text: '' };
  return { start, end, text: '' };
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly value: YamlNode;
}

function spansOf(text: string, container: MapNode | SeqNode): readonly Span[] {
  if (container.kind === 'map') {
    return container.entries.map(({ keyStart, value }) => ({ start: keyStart, end: value.end, value }));
  }
  return container.items.map((value) => {
    const start = container.flow ? value.start : text.lastIndexOf('-', Math.max(0, value.start - 1));
    return { start, end: value.end, value };
  });
}

/** Behind the key on the line before, when the collection begins on a line of its own. */
function ownLine(text: string, start: number): number {
  const lineStart = lineStartOf(text, start);
  const isFirst = text.slice(lineStart, start).trim() === '';
  if (!isFirst) return start;
  const colon = text.lastIndexOf(':', lineStart);
  return text.slice(colon + 1, lineStart).trim() === '' ? colon + 1 : start;
}

function trimEnd(text: string, container: YamlNode): number {
  return text[container.end - 1] === '\n' ? container.end - 1 : container.end;
}
