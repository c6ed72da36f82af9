import { planDefaults } from '../../core/plan/defaults.ts';
import type { ConflictPolicy, Limits, MergePolicy, Plan, WorkspacePolicy } from '../../core/plan/model.ts';
import type { PlanContext, PlanOrigins } from './context.ts';
import { report } from './context.ts';
import { builtInAgent, DEMO_AGENT, makeAgents } from './make-agents.ts';
import { branchName, makeGates, textValues } from './make-gates.ts';
import { notifyOf } from './make-people.ts';
import { makeTasks } from './make-tasks.ts';
import { budgetOf, durationMs, listOf, pricesOf, shareOf, sizeBytes } from './quantities.ts';

export interface MadePlan {
  readonly plan: Plan;
  readonly origins: PlanOrigins;
  readonly taskKeys: readonly (string | number)[];
}

/** Gives the values of a plan file their meaning, and defaults where it says nothing. */
export function makePlan(context: PlanContext): MadePlan {
  const { file, detected } = context;
  const own = makeAgents(context);
  const choice = chooseAgent(context, Object.keys(own));
  const gates = makeGates(context);
  const { tasks, keys } = makeTasks(context, gates, choice.name);
  const limits = makeLimits(file.limits ?? {});
  const extra =
    choice.origin === 'detected' && detected.agent !== undefined ? { [choice.name]: detected.agent } : {};
  const builtIn = builtInAgents([
    ...tasks.flatMap((task) => [task.agent, ...task.fallback, task.review?.agent ?? '']),
    ...Object.keys(limits.agents),
    file.merge?.resolver ?? file.roles?.resolve ?? '',
  ]);
  const target = file.merge?.into ?? detected.target;
  const plan: Plan = {
    name: file.name ?? detected.name ?? planDefaults.name.value,
    goal: file.goal ?? null,
    agents: { ...builtIn, ...extra, ...own },
    workspace: makeWorkspace(file.workspace ?? {}),
    gates,
    tasks,
    merge: makeMerge(context, target),
    limits,
    conflicts: makeConflicts(file.conflicts ?? {}),
    budget: budgetOf(file.budget, undefined),
    ...(file.prices === undefined ? {} : { prices: pricesOf(file.prices) }),
    ...(file.notify === undefined ? {} : { notify: notifyOf(file.notify) }),
  };
  const origins: PlanOrigins = {
    agent: choice.origin,
    gates: originOf(file.gates, detected.gates),
    target: originOf(file.merge?.into, detected.target),
  };
  return { plan, origins, taskKeys: keys };
}

/** Those of the names that need no definition. */
function builtInAgents(names: readonly string[]): Plan['agents'] {
  return Object.fromEntries(
    [...new Set(names)].flatMap((name) => {
      const agent = builtInAgent(name);
      return agent === null ? [] : [[name, agent]];
    }),
  );
}

/** The agent of tasks that name none: named by the plan, the first it defines, the one found, or the demo agent. */
function chooseAgent(
  context: PlanContext,
  own: readonly string[],
): { readonly name: string; readonly origin: PlanOrigins['agent'] } {
  const { file, detected } = context;
  const named = file.defaults?.agent ?? file.roles?.implement ?? own[0];
  if (named !== undefined) return { name: named, origin: 'plan' };
  const all = Array.isArray(file.tasks) ? file.tasks : Object.values(file.tasks);
  const isNamedByAll = all.every((task) => typeof task === 'object' && task.agent !== undefined);
  if (isNamedByAll && all.length > 0) return { name: DEMO_AGENT, origin: 'plan' };
  if (detected.agent !== undefined) return { name: detected.agent.name, origin: 'detected' };
  if (all.length > 0) {
    report(context, ['tasks'], {
      code: 'E0330',
      severity: 'warning',
      message: 'no agent is named, and none was found',
      why: 'copse run would not start; with --agent demo a script without a model plays one',
      fix: 'agents: {mine: {run: "<command> {prompt}"}}',
    });
  }
  return { name: DEMO_AGENT, origin: 'none' };
}

function originOf(given: unknown, detected: unknown): 'plan' | 'detected' | 'none' {
  if (given !== undefined) return 'plan';
  return detected === undefined ? 'none' : 'detected';
}

function makeWorkspace(given: NonNullable<PlanContext['file']['workspace']>): WorkspacePolicy {
  const { setup_timeout: setupTimeout } = given;
  return {
    isolation: given.isolation ?? planDefaults.isolation.value,
    base: given.base ?? null,
    branch: given.branch ?? planDefaults.branch.value,
    path: given.path ?? planDefaults.path.value,
    setup: listOf(given.setup),
    setupTimeoutMs: setupTimeout === undefined ? planDefaults.setupTimeoutMs.value : durationMs(setupTimeout),
    copy: listOf(given.copy),
    link: listOf(given.link),
    ports: listOf(given.ports),
    env: textValues(given.env),
    keep: given.keep ?? planDefaults.keep.value,
  };
}

function makeMerge(context: PlanContext, target: string | undefined): MergePolicy {
  const given = context.file.merge ?? {};
  return {
    into: target === undefined ? null : branchName(target),
    strategy: given.strategy ?? planDefaults.strategy.value,
    slots: given.slots ?? planDefaults.slots.value,
    everyCommit: given.every_commit ?? planDefaults.everyCommit.value,
    onFailure: given.on_failure ?? planDefaults.onFailure.value,
    update: given.update ?? planDefaults.update.value,
    conflicts: given.conflicts ?? planDefaults.conflicts.value,
    resolver: given.resolver ?? context.file.roles?.resolve ?? null,
    tag: given.tag ?? null,
  };
}

function makeConflicts(given: NonNullable<PlanContext['file']['conflicts']>): ConflictPolicy {
  return {
    onOverlap: given.on_overlap ?? planDefaults.onOverlap.value,
    enforceScope: given.enforce_scope ?? planDefaults.enforceScope.value,
    ignore: listOf(given.ignore),
  };
}

function makeLimits(given: NonNullable<PlanContext['file']['limits']>): Limits {
  const caps = given.per_task ?? {};
  return {
    parallel: given.parallel ?? null,
    cpu: given.cpu === undefined ? null : shareOf(given.cpu),
    memory: given.memory === undefined ? null : shareOf(given.memory),
    diskFreeBytes: given.disk_free === undefined ? null : sizeBytes(given.disk_free),
    perTask: {
      cpus: caps.cpus ?? null,
      memoryBytes: caps.memory === undefined ? null : sizeBytes(caps.memory),
    },
    agents: given.agents ?? {},
  };
}
