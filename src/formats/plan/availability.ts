/**
 * What the format knows but this version does not do yet. Such a key is refused by name, never ignored. To make
 * something available, remove its row here (and give it a schema, where it has none).
 */
interface LaterRow {
  /** Keys from the root; `*` is any name or list index. */
  readonly path: string;
  /** Which values are refused; all of them when absent. */
  readonly when?: (value: unknown, key: string) => boolean;
  /** What to do meanwhile. */
  readonly instead: string;
  /** Put in its place (or that many levels above it), so that what builds on it is not called wrong as well. */
  readonly standIn?: StandIn;
}

interface StandIn {
  readonly up: number;
  readonly value: unknown;
}

/** Agents that come with their own settings in a later version. */
export const LATER_AGENTS: readonly string[] = [
  'claude',
  'codex',
  'gemini',
  'opencode',
  'qwen',
  'copilot',
  'kilo',
  'cline',
  'aider',
  'amp',
];

const asCommand = 'give its command: {run: "<command> {prompt}"}';
const noReview = 'leave it out; gates judge the work';
const noApproval = 'leave it out; stop with copse pause, look, go on with copse resume';
const isOn = (value: unknown): boolean => value !== false;
const isLaterAgent = (value: unknown): boolean => typeof value === 'string' && LATER_AGENTS.includes(value);
const isLaterAgentKey = (_value: unknown, key: string): boolean => LATER_AGENTS.includes(key);
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
  { path: 'notify', instead: 'watch copse events --json' },
  { path: 'sandbox', instead: 'workspace: {isolation: clone} keeps agents off the repository' },
  { path: 'review', instead: noReview },
  { path: 'approval', when: isOn, instead: noApproval },
  { path: 'approvals', when: isOn, instead: noApproval },
  { path: 'budget', instead: 'limit attempts with timeout and retries' },
  { path: 'roles.review', instead: noReview },
  { path: 'roles.plan', instead: 'write the tasks out' },
  { path: 'roles.probe', instead: 'write the tasks out' },
  {
    path: 'roles.implement',
    when: isLaterAgent,
    instead: `name an agent that is defined under agents: ${asCommand}`,
  },
  { path: 'agents.*', when: isLaterAgent, instead: asCommand, standIn: { up: 0, value: 'demo' } },
  { path: 'agents.*.use', when: isLaterAgent, instead: asCommand, standIn: { up: 0, value: 'demo' } },
  { path: 'agents.*.permissions', instead: "pass the client's own flag in run" },
  { path: 'agents.*.sandbox', instead: 'workspace: {isolation: clone}' },
  { path: 'agents.*.model', instead: "pass the client's own flag in run" },
  { path: 'defaults.review', when: isOn, instead: noReview },
  { path: 'defaults.approval', when: isOn, instead: noApproval },
  { path: 'defaults.budget', instead: 'limit attempts with timeout and retries' },
  { path: 'defaults.mode', when: isNot('agent'), instead: 'leave such tasks out of the plan' },
  { path: 'defaults.role', when: isNot('implement'), instead: 'only the role implement runs' },
  { path: 'tasks.*.phase', instead: 'order tasks with needs' },
  { path: 'tasks.*.review', when: isOn, instead: noReview },
  { path: 'tasks.*.approval', when: isOn, instead: noApproval },
  { path: 'tasks.*.budget', instead: 'limit attempts with timeout and retries' },
  { path: 'tasks.*.mode', when: isNot('agent'), instead: 'leave such tasks out of the plan' },
  { path: 'tasks.*.role', when: isNot('implement'), instead: 'only the role implement runs' },
  { path: 'tasks.*.needs', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.*', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.task', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.wave', instead: wholeTask },
  { path: 'tasks.*.needs.*.task', when: isWaveAddress, instead: wholeTask },
  { path: 'tasks.*.needs.*.wave', instead: wholeTask },
  { path: 'tasks.*.waves.*.needs', instead: 'put the need on the task' },
  { path: 'tasks.*.waves.*.approval', when: isOn, instead: noApproval },
  { path: 'tasks.*.waves.*.review', when: isOn, instead: noReview },
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
  {
    path: 'limits.agents.*',
    when: isLaterAgentKey,
    instead: 'limit the agents that are defined under agents',
  },
  { path: 'conflicts.predict', instead: 'declare scope on the tasks' },
  ...['tasks.*.agent', 'tasks.*.fallback', 'tasks.*.fallback.*', 'defaults.agent', 'defaults.fallback'].map(
    (path) => ({
      path,
      when: isLaterAgent,
      instead: `name an agent that is defined under agents: ${asCommand}`,
    }),
  ),
  {
    path: 'defaults.fallback.*',
    when: isLaterAgent,
    instead: `name an agent defined under agents: ${asCommand}`,
  },
  {
    path: 'agents.*.fallback',
    when: isLaterAgent,
    instead: `name an agent defined under agents: ${asCommand}`,
  },
  {
    path: 'agents.*.fallback.*',
    when: isLaterAgent,
    instead: `name an agent defined under agents: ${asCommand}`,
  },
];

export interface LaterFinding {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly instead: string;
  readonly standIn: StandIn | null;
}

/**
 * Every place of `root` that a row refuses. A name of a later agent that the plan defines itself is the plan's own.
 */
export function findLater(root: unknown): readonly LaterFinding[] {
  const findings: LaterFinding[] = [];
  const own = ownAgents(root);
  // One path for the whole walk: 10,000 tasks would make 40,000 copies.
  const path: string[] = [];
  const visit = (value: unknown, rules: RuleNode): void => {
    const row = rules.rows.find((candidate) => refuses(candidate, value, path, own));
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

function refuses(row: LaterRow, value: unknown, path: readonly string[], own: ReadonlySet<string>): boolean {
  const key = path.at(-1) ?? '';
  if (row.when !== undefined && !row.when(value, key)) return false;
  if (row.when === isLaterAgent && own.has(String(value)) && path[0] !== 'agents') return false;
  return row.when !== isLaterAgentKey || !own.has(key);
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

function ownAgents(root: unknown): ReadonlySet<string> {
  if (typeof root !== 'object' || root === null || !('agents' in root)) return new Set();
  const { agents } = root;
  return new Set(typeof agents === 'object' && agents !== null ? Object.keys(agents) : []);
}
