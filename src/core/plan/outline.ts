import type { TaskId } from '../ids.ts';
import type { Plan, Task } from './model.ts';
import { taskGraph } from './task-graph.ts';

/** A task under the first of its needs; `alsoNeeds` are the others. */
export interface OutlineNode {
  readonly id: TaskId;
  readonly title: string;
  readonly depth: number;
  readonly alsoNeeds: readonly TaskId[];
  /** Titles of its waves; empty for a task of one wave. */
  readonly waves: readonly string[];
}

/** The plan as an indented list: each task once, below the need that it names first. */
export function planOutline(plan: Plan): readonly OutlineNode[] {
  const { tasks } = plan;
  const graph = taskGraph(tasks);
  const children: number[][] = tasks.map(() => []);
  const roots: number[] = [];
  for (const index of tasks.keys()) {
    const parent = graph.needs[index]?.[0]?.task;
    if (parent === undefined) roots.push(index);
    else children[parent]?.push(index);
  }
  const nodes: OutlineNode[] = [];
  const open = roots.toReversed().map((index) => ({ index, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { index, depth } = next;
    const task = tasks[index];
    if (task === undefined) continue;
    nodes.push(outlineNode(task, depth));
    for (const child of (children[index] ?? []).toReversed()) open.push({ index: child, depth: depth + 1 });
  }
  return nodes;
}

/** The plan as a Mermaid flowchart. Titles are escaped, so that no text of a plan can add syntax. */
export function planMermaid(plan: Plan): string {
  const names = new Map(plan.tasks.map((task, index) => [task.id, `t${index}`]));
  const lines = ['flowchart LR'];
  for (const task of plan.tasks)
    lines.push(`  ${names.get(task.id) ?? ''}["${mermaidText(task.id)}: ${mermaidText(task.title)}"]`);
  for (const task of plan.tasks) {
    for (const need of task.needs) {
      const from = names.get(need.task);
      if (from === undefined) continue;
      const label = need.when === 'merged' ? '' : `|${need.when}|`;
      lines.push(`  ${from} -->${label} ${names.get(task.id) ?? ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function outlineNode(task: Task, depth: number): OutlineNode {
  const waves = task.waves.length === 1 ? [] : task.waves.map((wave) => wave.title);
  return {
    id: task.id,
    title: task.title,
    depth,
    alsoNeeds: task.needs.slice(1).map((need) => need.task),
    waves,
  };
}

function mermaidText(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,:;/_@+=-]/gu, (char) => `#${char.codePointAt(0) ?? 32};`);
}
