/**
 * What the format knows but this version does not do yet. Such a key is refused by name, never ignored. To make
 * something available, remove its row here (and give it a schema, where it has none).
 */
interface LaterRow {
  /** Keys from the root; `*` is any name or list index. */
  readonly path: string;
  /** Which values are refused; all of them when absent. */
  readonly when?: (value: unknown) => boolean;
  /** What to do meanwhile. */
  readonly instead: string;
  /** Put in its place (or that many levels above it), so that what builds on it is not called wrong as well. */
  readonly standIn?: StandIn;
}

interface StandIn {
  readonly up: number;
  readonly value: unknown;
}

const noApproval = 'approval belongs to a task, a wave, or to defaults';
const isOn = (value: unknown): boolean => value !== false;
const isWaveAddress = (value: unknown): boolean => typeof value === 'string' && value.includes('@');
const isNot =
  (...allowed: readonly unknown[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && !allowed.includes(value);

const wholeTask = 'need the whole task, without @wave';

export const LATER: readonly LaterRow[] = [
  { path: 'phases', instead: 'order tasks with needs' },
  { path: 'probes', instead: 'write the tasks out' },
  { path: 'planner', instead: 'write the tasks out' },
  { path: 'sandbox', instead: 'workspace: {isolation: clone} keeps agents off the repository' },
  { path: 'approval', when: isOn, instead: noApproval },
  { path: 'approvals', when: isOn, instead: noApproval },
  { path: 'roles.plan', instead: 'write the tasks out' },
  { path: 'roles.probe', instead: 'write the tasks out' },
  { path: 'agents.*.sandbox', instead: 'workspace: {isolation: clone}' },
  { path: 'defaults.mode', when: isNot('agent'), instead: 'leave such tasks out of the plan' },
  { path: 'defaults.role', when: isNot('implement'), instead: 'only the role implement runs' },
  { path: 'tasks.*.phase', instead: 'order tasks with needs' },
  { path: 'tasks.*.mode', when: isNot('agent'), instead: 'leave such tasks out of the plan' },
  { path: 'tasks.*.role', when: isNot('implement'), instead: 'only the role implement runs' },
  { path: 'tasks.*.needs', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.*', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.task', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.wave', instead: wholeTask },
  { path: 'tasks.*.needs.*.task', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.*.wave', instead: wholeTask },
  { path: 'tasks.*.waves.*.needs', instead: 'put the need on the task' },
  {
    path: 'gates.*.ask',
    instead: 'measure it with a command, or judge it before landing with run --no-merge',
    standIn: { up: 1, value: 'true' },
  },
  { path: 'gates.*.at', when: (value) => value === 'phase', instead: 'at: end' },
  { path: 'gates.*.at.*', when: (value) => value === 'phase', instead: 'at: end' },
  { path: 'merge.then', instead: 'merge the target branch by hand' },
  { path: 'merge.via', when: isNot('local'), instead: 'land locally and push the target branch' },
  { path: 'merge.order', when: isNot('auto'), instead: 'order tasks with needs or priority' },
  { path: 'merge.speculate', instead: 'merge: {slots: 2} tests two trees at once' },
  { path: 'merge.pr', instead: 'land locally and push the target branch' },
  { path: 'merge.require', when: isNot('gates'), instead: 'gates are what landing needs' },
  { path: 'merge.require.*', when: isNot('gates'), instead: 'gates are what landing needs' },
  { path: 'conflicts.predict', instead: 'declare scope on the tasks' },
];

export interface LaterFinding {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly instead: string;
  readonly standIn: StandIn | null;
}

/** Every place of `root` that a row refuses. */
export function findLater(root: unknown): readonly LaterFinding[] {
  const findings: LaterFinding[] = [];
  // One path for the whole walk: 10,000 tasks would make 40,000 copies.
  const path: string[] = [];
  const visit = (value: unknown, rules: RuleNode): void => {
    const row = rules.rows.find((candidate) => candidate.when === undefined || candidate.when(value));
    if (row !== undefined) {
      findings.push({ path: [...path], value, instead: row.instead, standIn: row.standIn ?? null });
      return;
    }
    if (typeof value !== 'object' || value === null || rules.next.size === 0) return;
    for (const key of Object.keys(value)) {
      const next = rules.next.get(key) ?? rules.next.get('*');
      if (next === undefined) continue;
      path.push(key);
      visit((value as Record<string, unknown>)[key], next);
      path.pop();
    }
  };
  visit(root, RULES);
  return findings;
}

interface RuleNode {
  readonly rows: LaterRow[];
  readonly next: Map<string, RuleNode>;
}

const RULES = compile(LATER);

function compile(rows: readonly LaterRow[]): RuleNode {
  const root: RuleNode = { rows: [], next: new Map() };
  for (const row of rows) {
    let node = root;
    for (const step of row.path.split('.')) {
      const next = node.next.get(step) ?? { rows: [], next: new Map<string, RuleNode>() };
      node.next.set(step, next);
      node = next;
    }
    node.rows.push(row);
  }
  return root;
}
