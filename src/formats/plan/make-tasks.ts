import type { GateName, TaskId } from '../../core/ids.ts';
import { parseTaskId } from '../../core/ids.ts';
import { planDefaults } from '../../core/plan/defaults.ts';
import type { GateSpec, Need, Plan, RetryPolicy, Scope, Task, Wave } from '../../core/plan/model.ts';
import type { PlanContext } from './context.ts';
import { report, reportKey } from './context.ts';
import { approvalOf } from './make-people.ts';
import type { ApprovalFile } from './schema-people.ts';
import { fallbackOf } from './make-agents.ts';
import { budgetOf, durationMs, estimateOf, listOf } from './quantities.ts';
import type { ReviewPolicy } from '../../core/review/model.ts';
import type { DefaultsFile } from './schema.ts';
import type { EstimateFile, NeedsFile, RetriesFile, ReviewFile, TaskFile, WaveFile } from './schema-task.ts';
import { slugOf, titleOf, uniqueIds } from './task-ids.ts';

const PRIORITIES = { critical: 0, high: 1, medium: 2, low: 3 } as const;

/** A task of the file with its key: the id in a map, the index in a list. */
export interface TaskEntry {
  readonly key: string | number;
  readonly given: TaskFile;
}

export interface MadeTasks {
  readonly tasks: readonly Task[];
  /** `keys[i]` is the key of `tasks[i]` in the file. */
  readonly keys: readonly (string | number)[];
}

/** The tasks of the plan, in its order. */
export function makeTasks(context: PlanContext, gates: Plan['gates'], defaultAgent: string): MadeTasks {
  const entries = taskEntries(context);
  const ids = idsOf(context, entries);
  const shared = sharedOf(context.file.defaults ?? {}, gates);
  const tasks = entries.map((entry, index) =>
    makeTask({ context, gates, defaultAgent, shared, entry, id: ids[index] ?? ('task' as TaskId) }),
  );
  return { tasks, keys: entries.map((entry) => entry.key) };
}

/** What `defaults` and the table of defaults say, once for all tasks. */
interface Shared {
  readonly defaults: DefaultsFile;
  readonly gateNames: readonly string[];
  readonly retries: RetryPolicy;
}

interface TaskInput {
  readonly context: PlanContext;
  readonly gates: Plan['gates'];
  readonly defaultAgent: string;
  readonly shared: Shared;
  readonly entry: TaskEntry;
  readonly id: TaskId;
}

function sharedOf(defaults: DefaultsFile, gates: Plan['gates']): Shared {
  const gateNames = defaults.gates === undefined ? Object.keys(gates) : listOf(defaults.gates);
  const fallback: RetryPolicy = {
    max: planDefaults.retryMax.value,
    backoff: planDefaults.retryBackoff.value,
    delayMs: planDefaults.retryDelayMs.value,
    on: planDefaults.retryOn.value,
  };
  return { defaults, gateNames, retries: retriesOf(defaults.retries, fallback) };
}

/** The task's own word over `defaults` over the plan's; a map says only what it says. */
function reviewOf(input: TaskInput, agent: string): ReviewPolicy | null {
  const { context, shared, entry } = input;
  const given = [context.file.review, shared.defaults.review, entry.given.review];
  const chosen = given.findLast((one) => one !== undefined) ?? false;
  if (chosen === false) return null;
  // `true` after a map turns it on as the map says.
  const off = given.lastIndexOf(false);
  const maps = given.slice(off + 1).filter((one) => typeof one === 'object');
  const map: ReviewMap = Object.assign({}, ...maps);
  return {
    agent: map.agent ?? context.file.roles?.review ?? agent,
    minScore: map.min_score ?? planDefaults.reviewMinScore.value,
    maxIterations: map.max_iterations ?? planDefaults.reviewMaxIterations.value,
    onFail: map.on_fail ?? planDefaults.reviewOnFail.value,
  };
}

type ReviewMap = Exclude<ReviewFile, boolean>;

function makeTask(input: TaskInput): Task {
  const { context, gates, defaultAgent, shared, entry, id } = input;
  const { given } = entry;
  const review = reviewOf(input, given.agent ?? defaultAgent);
  const { defaults } = shared;
  const path = ['tasks', entry.key];
  const agent = given.agent ?? defaultAgent;
  const prompt = promptOf(context, path, given);
  const title = given.title ?? titleOf(given.prompt ?? prompt) ?? titleOf(firstWaveText(given)) ?? id;
  const timeout = given.timeout ?? defaults.timeout;
  const stall = given.stall ?? defaults.stall;
  const fallback = given.fallback ?? defaults.fallback;
  if (prompt === '' && given.waves === undefined && given.title === undefined)
    reportNothingToDo(context, path, id);
  return {
    id,
    title,
    // A task with nothing but a title asks for what the title says.
    prompt: prompt === '' && given.waves === undefined ? title : prompt,
    agent,
    fallback: fallback === undefined ? fallbackOf(context, agent) : listOf(fallback),
    mode: given.mode ?? 'agent',
    priority: priorityOf(given.priority ?? defaults.priority),
    estimate: checkedEstimate(context, path, given.estimate ?? defaults.estimate),
    scope: scopeOf(given.scope),
    needs: needsOf(given.needs),
    waves: wavesOf({ context, gates, given, path, title, gateNames: gateNamesOf(given, shared) }),
    retries: given.retries === undefined ? shared.retries : retriesOf(given.retries, shared.retries),
    timeoutMs: timeout === undefined ? planDefaults.timeoutMs.value : durationMs(timeout),
    stallMs: stall === undefined ? planDefaults.stallMs.value : durationMs(stall),
    locks: listOf(given.locks),
    exclusive: given.exclusive ?? false,
    accept: listOf(given.accept),
    budget: budgetOf(given.budget ?? defaults.budget, context.file.budget?.on_exceed),
    issue: given.issue ?? null,
    ...(review === null ? {} : { review }),
    ...withApproval(context, [...path, 'approval'], given.approval ?? defaults.approval),
  };
}

/** The key is there only where there is one, as in plans of earlier versions. */
function withApproval(
  context: PlanContext,
  path: readonly (string | number)[],
  given: ApprovalFile | undefined,
): Pick<Task, 'approval'> {
  const approval = approvalOf(context, path, given);
  return approval === null ? {} : { approval };
}

function taskEntries(context: PlanContext): readonly TaskEntry[] {
  const { tasks } = context.file;
  const entries: (readonly [string | number, TaskFile | string])[] = Array.isArray(tasks)
    ? tasks.map((task, index) => [index, task] as const)
    : Object.entries(tasks);
  return entries.map(([key, task]) => ({ key, given: typeof task === 'string' ? { prompt: task } : task }));
}

function idsOf(context: PlanContext, entries: readonly TaskEntry[]): readonly TaskId[] {
  const written = entries.map(({ key, given }) => (typeof key === 'string' ? key : given.id));
  for (const [index, text] of written.entries()) {
    const entry = entries[index];
    if (text === undefined || entry === undefined) continue;
    const path = typeof entry.key === 'string' ? ['tasks', entry.key] : ['tasks', entry.key, 'id'];
    if (parseTaskId(text) === null) reportBadId(context, path, text);
    if (typeof entry.key === 'string' && entry.given.id !== undefined && entry.given.id !== entry.key) {
      report(context, [...path, 'id'], {
        code: 'E0208',
        message: `task "${entry.key}" has another id, "${entry.given.id}"`,
        why: 'in a map of tasks the key is the id',
        fix: 'remove id',
      });
    }
  }
  const texts = entries.map(({ given }) => given.title ?? given.prompt ?? given.spec ?? firstWaveText(given));
  return uniqueIds(written, texts) as readonly TaskId[];
}

function reportBadId(context: PlanContext, path: readonly (string | number)[], text: string): void {
  const why = 'an id is also a part of a branch name and a file name: no "..", no ".lock" or "." at its end';
  const problem = { code: 'E0205', message: `"${text}" is no usable id`, why, fix: slugOf(text) };
  if (path.at(-1) === 'id') report(context, path, problem);
  else reportKey(context, path, problem);
}

function reportNothingToDo(context: PlanContext, path: readonly (string | number)[], id: string): void {
  report(context, path, {
    code: 'E0304',
    message: `task "${id}" does not say what to do`,
    why: 'it has no prompt, no spec, no title and no waves',
    fix: 'prompt: Describe the work here',
  });
}

/** The prompt and the text of the spec file, in this order. */
function promptOf(
  context: PlanContext,
  path: readonly (string | number)[],
  given: { readonly prompt?: string | undefined; readonly spec?: string | undefined },
): string {
  if (given.spec === undefined) return given.prompt ?? '';
  const text = context.readText?.(given.spec) ?? null;
  if (text === null || text.trim() === '') {
    report(context, [...path, 'spec'], {
      code: 'E0306',
      message: `the spec "${given.spec}" ${text === null ? 'cannot be read' : 'is empty'}`,
      why: text === null ? 'there is no such file in the repository' : 'the agent would be asked for nothing',
      fix: null,
    });
    // So that the task is not called empty as well.
    return given.prompt ?? given.spec;
  }
  return given.prompt === undefined ? text : `${given.prompt}\n\n${text}`;
}

function firstWaveText(given: TaskFile): string | undefined {
  const first = given.waves?.[0];
  return typeof first === 'string' ? first : (first?.title ?? first?.prompt);
}

function priorityOf(value: TaskFile['priority']): Task['priority'] {
  if (value === undefined) return planDefaults.priority.value;
  return typeof value === 'number' ? (value as Task['priority']) : PRIORITIES[value];
}

function checkedEstimate(
  context: PlanContext,
  path: readonly (string | number)[],
  value: EstimateFile | undefined,
): Task['estimate'] {
  const estimate = estimateOf(value);
  if (estimate.lowMinutes > estimate.likelyMinutes || estimate.likelyMinutes > estimate.highMinutes) {
    report(context, [...path, 'estimate'], {
      code: 'E0208',
      message: 'the estimate is not in order: low, likely, high',
      why: 'low must not be above likely, nor likely above high',
      fix: null,
    });
  }
  return estimate;
}

function scopeOf(value: TaskFile['scope']): Scope {
  if (value === undefined) return { include: [], exclude: [], origin: 'none' };
  const patterns = listOf(value);
  const include = patterns.filter((pattern) => !pattern.startsWith('!'));
  const exclude = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  // Only exceptions: everything else is in scope.
  return {
    include: include.length === 0 && exclude.length > 0 ? ['**'] : include,
    exclude,
    origin: 'declared',
  };
}

function needsOf(value: NeedsFile | undefined): readonly Need[] {
  return listOf(value).map((need) => {
    const given = typeof need === 'object' && need !== null && !Array.isArray(need) ? need : { task: need };
    const when = 'when' in given && given.when !== undefined ? given.when : planDefaults.need.value;
    // A name that no task has is found by `checkPlan`.
    return { task: String(given.task) as TaskId, wave: null, when };
  });
}

function retriesOf(value: RetriesFile | undefined, base: RetryPolicy): RetryPolicy {
  if (value === undefined) return base;
  if (typeof value === 'number') return { ...base, max: value };
  return {
    max: value.max ?? base.max,
    backoff: value.backoff ?? base.backoff,
    delayMs: value.delay === undefined ? base.delayMs : durationMs(value.delay),
    on: value.on === undefined ? base.on : [...new Set(listOf(value.on))],
  };
}

function gateNamesOf(given: TaskFile, shared: Shared): readonly string[] {
  return given.gates === undefined ? shared.gateNames : [...new Set(listOf(given.gates))];
}

interface WaveInput {
  readonly context: PlanContext;
  readonly gates: Plan['gates'];
  readonly given: TaskFile;
  readonly path: readonly (string | number)[];
  readonly title: string;
  readonly gateNames: readonly string[];
}

/**
 * A wave runs the gates it names and the task's gates that are for its stage: `wave` after every wave, `task` after
 * the last one.
 */
function wavesOf({ context, gates, given, path, title, gateNames }: WaveInput): Task['waves'] {
  if (given.waves === undefined) {
    // Most tasks: one wave that says nothing of its own.
    const names = gateNames.filter((name) => runsAt(gates[name], true)) as GateName[];
    return [{ number: 1, id: '1', title, prompt: '', gates: names, landsEarly: false }];
  }
  const files: readonly WaveFile[] = given.waves;
  const waves = files.map((file, index): Wave => {
    const wave: Exclude<WaveFile, string> = typeof file === 'string' ? { prompt: file } : file;
    const number = index + 1;
    const isLast = number === files.length;
    const prompt = promptOf(context, [...path, 'waves', index], wave);
    const waveTitle = wave.title ?? titleOf(prompt) ?? `${title} (${number})`;
    const own = listOf(wave.gates);
    const staged = gateNames.filter((name) => runsAt(gates[name], isLast));
    return {
      number,
      id: wave.id ?? String(number),
      title: waveTitle,
      prompt: prompt === '' ? waveTitle : prompt,
      gates: [...new Set([...own, ...staged])] as GateName[],
      landsEarly: false,
      ...(wave.review === false ? { isReviewed: false } : {}),
      ...withApproval(context, [...path, 'waves', index, 'approval'], wave.approval),
    };
  });
  return waves as [Wave, ...Wave[]];
}

/** A gate that is not defined is kept, so that `checkPlan` can name it. */
function runsAt(gate: GateSpec | undefined, isLast: boolean): boolean {
  if (gate === undefined) return isLast;
  return gate.at.includes('wave') || (isLast && gate.at.includes('task'));
}
