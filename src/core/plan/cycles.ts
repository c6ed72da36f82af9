/** Edges by node index: `successors[i]` are the nodes that i points to. */
export type Graph = readonly (readonly number[])[];

/**
 * One cycle of every strongly connected part that has one, as nodes in order (the last points to the first). Each is
 * a shortest cycle through the part's smallest node. Self loops are cycles of one. No recursion: a chain of 20,000
 * nodes is ordinary.
 */
export function findCycles(graph: Graph): readonly (readonly number[])[] {
  const part = strongParts(graph);
  const done = new Set<number>();
  const cycles: (readonly number[])[] = [];
  for (let node = 0; node < graph.length; node += 1) {
    const name = part[node] ?? -1;
    if (done.has(name)) continue;
    done.add(name);
    const cycle = shortestCycle(graph, node, (other) => part[other] === name);
    if (cycle !== null) cycles.push(cycle);
  }
  return cycles;
}

/** Tarjan's algorithm with its own stack; equal numbers mean the same part. */
function strongParts(graph: Graph): Int32Array {
  const size = graph.length;
  const order = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const part = new Int32Array(size).fill(-1);
  const nextEdge = new Int32Array(size);
  const open: number[] = [];
  const path: number[] = [];
  let counter = 0;
  let parts = 0;
  for (let root = 0; root < size; root += 1) {
    if (order[root] !== -1) continue;
    path.push(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      if (order[node] === -1) {
        order[node] = counter;
        low[node] = counter;
        counter += 1;
        open.push(node);
      }
      const edge = nextEdge[node] ?? 0;
      const target = graph[node]?.[edge];
      if (target !== undefined) {
        nextEdge[node] = edge + 1;
        if (order[target] === -1) path.push(target);
        else if (part[target] === -1) low[node] = Math.min(low[node] ?? 0, order[target] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] !== order[node]) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        part[member] = parts;
        if (member === node) break;
      }
      parts += 1;
    }
  }
  return part;
}

/** Breadth first from `start` inside one part; null when no path leads back. */
function shortestCycle(graph: Graph, start: number, isInside: (node: number) => boolean): number[] | null {
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (let head = 0; head < queue.length; head += 1) {
    const node = queue[head] ?? start;
    for (const target of graph[node] ?? []) {
      if (target === start) return pathBack(cameFrom, start, node);
      if (!isInside(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, node);
      queue.push(target);
    }
  }
  return null;
}

function pathBack(cameFrom: ReadonlyMap<number, number>, start: number, end: number): number[] {
  const path = [end];
  for (let node = end; node !== start;) {
    node = cameFrom.get(node) ?? start;
    path.push(node);
  }
  return path.toReversed();
}
