/** A plan ready to run: read, filled in from what was detected, its gates taken from the target branch. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskId } from '../../../core/ids.ts';
import type { AgentSpec, Plan, Task } from '../../../core/plan/model.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import type { PlanDiagnostic } from '../../../formats/plan/problem.ts';
import type { PlanOrigins } from '../../../formats/plan/context.ts';
import { renderDiagnostic } from '../../../formats/plan/diagnostic.ts';
import { entryOf } from '../../../formats/plan/node.ts';
import { readSource } from '../../../formats/plan/read.ts';
import { acpPresetNames } from '../../../formats/agents/acp-presets.ts';
import { presetNames } from '../../../formats/agents/compose.ts';
import { PRESETS } from '../../../formats/agents/presets.ts';
import { builtInAgent } from '../../../formats/plan/make-agents.ts';
import { Failure } from '../../../kit/failure.ts';
import type { GitPort } from '../../../ports/git.ts';
import type { Context } from '../host.ts';
import type { Place } from '../place.ts';
import { DEFAULT_TARGET, type Detected } from './detected.ts';
import type { PlanSource } from './find-plan.ts';
import { targetGates } from './target-gates.ts';

export interface LoadedPlan {
  readonly plan: Plan;
  /** null: made from words of the command line. */
  readonly source: PlanSource | null;
  readonly origins: PlanOrigins;
  /** What was found where the plan says nothing, one line each, with its evidence. */
  readonly findings: readonly string[];
  /** Which gates count, and where the working copy differs from the target's. */
  readonly gateNotes: readonly string[];
}

export interface LoadInput {
  readonly context: Context;
  readonly place: Place;
  readonly git: GitPort;
  readonly detected: Detected;
}

/** Failure `plan-invalid` after all problems were printed. */
export async function loadPlan(input: LoadInput, source: PlanSource): Promise<LoadedPlan> {
  const { context, place, detected } = input;
  const parsed = parsePlan(source.text, {
    file: source.shown,
    detected: detected.facts,
    readText: readerOf(place),
    files: detected.files,
  });
  // A scope that matches nothing yet is usual for work to come; `plan check` says it.
  const isQuiet = (problem: PlanDiagnostic): boolean =>
    problem.code === 'E0332' && context.globals.verbosity < 1;
  sayProblems(
    context,
    parsed.problems.filter((problem) => !isQuiet(problem)),
    source.text,
  );
  const { plan, origins } = parsed;
  if (plan === null || origins === null) throw invalid(source, parsed.problems);
  const filled = fillWorkspace(plan, source.text, detected);
  const gates = await targetGates(input, filled.plan, source);
  const findings = [...foundLines(filled.plan, origins, detected), ...filled.findings];
  return {
    plan: { ...filled.plan, gates: gates.gates },
    source,
    origins,
    findings,
    gateNotes: gates.notes,
  };
}

/** A plan of one task per prompt; what a plan file nearby says about everything else holds for it too. */
export async function planOfPrompts(
  input: LoadInput,
  prompts: readonly string[],
  around: PlanSource | null,
): Promise<LoadedPlan> {
  const text = JSON.stringify({ tasks: prompts.map((prompt) => ({ prompt })) });
  const { context, detected } = input;
  if (around === null) {
    const parsed = parsePlan(text, { file: 'the command line', detected: detected.facts });
    sayProblems(
      context,
      parsed.problems.filter((problem) => problem.code !== 'E0330'),
      text,
    );
    if (parsed.plan === null || parsed.origins === null)
      throw new Failure('usage-prompt', parsed.problems[0]?.message ?? 'the prompts make no plan');
    const filled = fillWorkspace(parsed.plan, text, detected);
    const findings = [...foundLines(filled.plan, parsed.origins, detected), ...filled.findings];
    return { plan: filled.plan, source: null, origins: parsed.origins, findings, gateNotes: [] };
  }
  const loaded = await loadPlan(input, around);
  const own = parsePlan(text, { file: 'the command line', detected: detected.facts }).plan;
  const model = loaded.plan.tasks[0];
  const tasks = (own?.tasks ?? []).map((task) => withDefaultsOf(task, model, loaded.plan));
  return { ...loaded, plan: { ...loaded.plan, tasks } };
}

/** Prompts take the agent and gates that the plan's first task has. */
function withDefaultsOf(task: Task, model: Task | undefined, plan: Plan): Task {
  const gates = Object.values(plan.gates).map((gate) => gate.name);
  const [first, ...rest] = task.waves.map((wave) => ({
    ...wave,
    gates: model?.waves.at(-1)?.gates ?? gates,
  }));
  return {
    ...task,
    agent: model?.agent ?? task.agent,
    ...(first === undefined ? {} : { waves: [first, ...rest] }),
  };
}

/** `--agent`: a name of the plan, a known agent, `demo`, or a command with `{prompt}` in it. */
export function withAgent(plan: Plan, wanted: string): Plan {
  const spec = agentNamed(plan, wanted);
  const tasks = plan.tasks.map((task) => ({ ...task, agent: spec.name, fallback: [] }));
  return { ...plan, agents: { ...plan.agents, [spec.name]: spec }, tasks };
}

function agentNamed(plan: Plan, wanted: string): AgentSpec {
  const own = Object.hasOwn(plan.agents, wanted) ? plan.agents[wanted] : undefined;
  if (own !== undefined) return own;
  const known = builtInAgent(wanted);
  if (known !== null) return known;
  if (/[\s{/]/.test(wanted)) {
    const promptVia = wanted.includes('{prompt}')
      ? 'arg'
      : wanted.includes('{prompt_file}')
        ? 'file'
        : 'stdin';
    return {
      kind: 'command',
      name: 'command',
      run: wanted,
      promptVia,
      passEnv: [],
      env: {},
      parallel: null,
      instructions: null,
    };
  }
  const names = ['demo', ...Object.keys(plan.agents), ...presetNames(), ...acpPresetNames()];
  throw new Failure(
    'usage-agent',
    `--agent ${wanted} names no agent; known are ${[...new Set(names)].join(', ')}`,
    {
      hint: "copse run --agent 'my-agent --flags {prompt}' …",
    },
  );
}

/** Failure `agent-missing` when some task would be taken by the demo agent only because nothing else was found. */
export function requireAgent(loaded: LoadedPlan): void {
  if (loaded.origins.agent !== 'none') return;
  const some = PRESETS.slice(0, 3).map((agent) => `${agent.name} (${agent.install})`);
  throw new Failure(
    'agent-missing',
    ['no coding agent was named, and none was found on PATH. Some that would be:', ...some].join('\n'),
    { hint: 'copse run --agent demo …    # the built-in agent: no key, a harmless edit' },
  );
}

export function onlyTasks(plan: Plan, ids: readonly string[]): readonly TaskId[] {
  const known = new Set<string>(plan.tasks.map((task) => task.id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new Failure('task-unknown', `the plan has no task ${unknown.join(', ')}`, {
      hint: 'copse plan show',
    });
  }
  return ids as readonly TaskId[];
}

/** Every command the plan may run, as people read it. */
export function commandsOf(plan: Plan): readonly string[] {
  const used = new Set(plan.tasks.flatMap((task) => [task.agent, ...task.fallback]));
  const agents = Object.values(plan.agents).flatMap((agent) =>
    agent.kind === 'command' && used.has(agent.name) ? agentCommands(agent) : [],
  );
  const gates = Object.values(plan.gates).map((gate) => `gate ${gate.name}: ${gate.run}`);
  const setup = plan.workspace.setup.map((command) => `set-up: ${command}`);
  return [...setup, ...agents, ...gates, ...addressesOf(plan)];
}

/** Where the plan has news of the run sent. */
function addressesOf(plan: Plan): readonly string[] {
  return (plan.notify ?? []).flatMap((channel) => {
    if (channel.kind === 'desktop') return [];
    const signed = channel.secretEnv === null ? '' : `, signed with ${channel.secretEnv}`;
    return [`news of the run go to ${channel.to}${signed}`];
  });
}

function agentCommands(agent: Extract<AgentSpec, { kind: 'command' }>): readonly string[] {
  const resume = agent.client?.resume ?? null;
  return [
    `agent ${agent.name}: ${agent.run}`,
    ...(resume === null || agent.acp !== undefined ? [] : [`agent ${agent.name}, going on: ${resume}`]),
  ];
}

export function sayProblems(context: Context, problems: readonly PlanDiagnostic[], text: string): void {
  for (const problem of problems) {
    if (problem.severity === 'warning') context.out.note(...renderDiagnostic(problem, text).split('\n'), '');
    else context.out.problem(...renderDiagnostic(problem, text).split('\n'), '');
  }
}

export function invalid(source: PlanSource, problems: readonly PlanDiagnostic[]): Failure {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  return new Failure('plan-invalid', `${source.shown} has ${errors} error${errors === 1 ? '' : 's'}`, {
    hint: `copse plan check${problems.some((problem) => problem.autofix !== undefined) ? ' --fix' : ''} ${source.shown}`,
  });
}

/** Files that tasks name, read below the top of the checkout. */
export function readerOf(place: Place): (path: string) => string | null {
  return (path) => {
    try {
      return readFileSync(join(place.root, path), 'utf8');
    } catch {
      return null;
    }
  };
}

function foundLines(plan: Plan, origins: PlanOrigins, detected: Detected): readonly string[] {
  const lines: string[] = [];
  const agent = detected.agents[0];
  if (origins.agent === 'detected' && agent !== undefined)
    lines.push(`agent   ${agent.agent.name}  (${agent.evidence})`);
  const { gate } = detected;
  if (origins.gates === 'detected' && gate !== null) {
    const others = detected.project.gates.filter((other) => other !== gate).map((other) => other.name);
    const more = others.length === 0 ? '' : `; also there: ${others.join(', ')}`;
    lines.push(`gate    ${gate.name}: ${gate.run}  (${gate.evidence}${more})`);
  }
  if (origins.gates === 'none' && Object.keys(plan.gates).length === 0)
    lines.push('gate    none found: work lands when it merges, untested');
  if (origins.target !== 'plan')
    lines.push(`target  ${plan.merge.into ?? DEFAULT_TARGET}  (the default; the checkout is left alone)`);
  return lines;
}

/** Folders of installed packages: installing into one that is linked would write into the user's checkout. */
const INSTALLED = /(^|\/)(node_modules|\.?venv|vendor)\/?$/;

/**
 * Set-up and shared files are detected key by key: what the plan names is never replaced, and nothing is installed
 * where the plan links installed packages.
 */
export function fillWorkspace(
  plan: Plan,
  text: string,
  detected: Detected,
): { readonly plan: Plan; readonly findings: readonly string[] } {
  const workspace = entryOf(readSource(text).root, 'workspace')?.value ?? null;
  const { setup, copy, link } = detected.project;
  const findings: string[] = [];
  const pick = (key: 'setup' | 'copy' | 'link', found: typeof setup): readonly string[] => {
    if (entryOf(workspace, key) !== null) return plan.workspace[key];
    if (key === 'setup' && plan.workspace.link.some((path) => INSTALLED.test(path))) return [];
    for (const { value, evidence } of found) findings.push(`${key.padEnd(6)}  ${value}  (${evidence})`);
    return found.map(({ value }) => value);
  };
  const filled = { setup: pick('setup', setup), copy: pick('copy', copy), link: pick('link', link) };
  return { plan: { ...plan, workspace: { ...plan.workspace, ...filled } }, findings };
}
