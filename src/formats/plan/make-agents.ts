import { closestTo } from '../../kit/closest.ts';
import type { AgentSpec, ClientSpec } from '../../core/plan/model.ts';
import { clientOfCommand, composeAgent, lacksApproval, presetNames, unsupported } from '../agents/compose.ts';
import { type AcpPreset, acpPresetNamed, acpPresetNames } from '../agents/acp-presets.ts';
import { composeAcp } from '../agents/compose-acp.ts';
import { type ClientPreset, type Permission, presetNamed } from '../agents/presets.ts';
import type { PlanContext } from './context.ts';
import { acpAgent } from './make-acp-agent.ts';
import { report } from './context.ts';
import { textValues } from './make-gates.ts';
import { listOf } from './quantities.ts';
import type { AgentFile } from './schema.ts';

type AgentMap = Exclude<AgentFile, string>;

/** The one agent that needs no definition. */
export const DEMO_AGENT = 'demo';

/** Every agent of the plan with what it builds on taken in. */
export function makeAgents(context: PlanContext): Readonly<Record<string, AgentSpec>> {
  const given = context.file.agents ?? {};
  return Object.fromEntries(Object.keys(given).map((name) => [name, makeAgent(context, name)]));
}

/** An agent that a plan may name without defining it; null when there is none of that name. */
export function builtInAgent(name: string): AgentSpec | null {
  if (name === DEMO_AGENT) return demoAgent(DEMO_AGENT);
  const acp = acpPresetNamed(name);
  if (acp !== null) return composeAcp(acp, name);
  const preset = presetNamed(name);
  return preset === null ? null : composeAgent(preset, name);
}

/** The demo agent under `name`, with the settings of `map`. */
export function demoAgent(name: string, map: AgentMap = {}): AgentSpec {
  return { kind: 'demo', name, parallel: map.parallel ?? null, instructions: map.instructions ?? null };
}

/** Agents that take over for `name` by its own definition, or by the nearest one it builds on. */
export function fallbackOf(context: PlanContext, name: string): readonly string[] {
  return listOf(resolveChain(context, name).map.fallback);
}

function makeAgent(context: PlanContext, name: string): AgentSpec {
  const { map, base, acp, problem } = resolveChain(context, name);
  if (problem !== null) report(context, ['agents', name, 'use'], problem);
  const instructions = instructionsOf(context, name, map.instructions);
  const speaker = map.acp ?? acp;
  if (map.run === undefined && speaker !== null)
    return acpAgent(context, name, map, { source: speaker, instructions });
  if (map.permissions === 'ask') noAsking(context, name);
  if (map.run !== undefined) return commandAgent(context, name, { ...map, run: map.run }, instructions);
  if (base !== null && base !== DEMO_AGENT) return presetAgent(context, name, { map, base, instructions });
  if (base === null && problem === null) {
    report(context, ['agents', name], {
      code: 'E0204',
      message: `agent "${name}" has neither run nor use`,
      why: 'nothing says how to start it',
      fix: `${name}: {run: "<command> {prompt}"}`,
    });
  }
  return { ...demoAgent(name, map), instructions };
}

interface FromPreset {
  readonly map: AgentMap;
  readonly base: ClientPreset;
  readonly instructions: string | null;
}

function presetAgent(context: PlanContext, name: string, { map, base, instructions }: FromPreset): AgentSpec {
  const settings = {
    permissions: permissionOf(map),
    model: map.model,
    args: map.args === undefined ? undefined : listOf(map.args),
    passEnv: listOf(map.pass_env),
    env: textValues(map.env),
    parallel: map.parallel,
    account: map.account,
    instructions,
  };
  for (const key of unsupported(base, settings)) {
    report(context, ['agents', name], {
      code: 'E0209',
      message: `${base.name} has no flag for ${key}`,
      why: `agent "${name}" would run without it`,
      fix: 'leave it out, or give the whole command with run',
    });
  }
  for (const key of ['prompt_via', 'output', 'resume'] as const) {
    if (map[key] === undefined) continue;
    report(context, ['agents', name, key], {
      code: 'E0209',
      message: `${key} of agent "${name}" is known already: it is ${base.name}`,
      why: 'it only says something about a command of its own',
      fix: 'remove it, or give the whole command with run',
    });
  }
  return composeAgent(base, name, settings);
}

function permissionOf({ permissions }: AgentMap): Permission | undefined {
  return permissions === 'ask' ? undefined : permissions;
}

function noAsking(context: PlanContext, name: string): void {
  report(context, ['agents', name, 'permissions'], {
    code: 'E0209',
    message: `agent "${name}" cannot ask a person`,
    why: 'only agents that speak ACP ask and wait for the answer',
    fix: 'use: gemini-acp    # or another of that kind; or permissions: edit',
  });
}

function commandAgent(
  context: PlanContext,
  name: string,
  map: AgentMap & { readonly run: string },
  instructions: string | null,
): AgentSpec {
  const via = map.prompt_via ?? promptViaOf(map.run);
  const placeholder = via === 'file' ? '{prompt_file}' : '{prompt}';
  if (via !== 'stdin' && !map.run.includes(placeholder)) {
    report(context, ['agents', name, 'prompt_via'], {
      code: 'E0208',
      message: `agent "${name}" takes its prompt by ${via}, but its command has no ${placeholder}`,
      why: 'it would never see the prompt',
      fix: `put ${placeholder} into run, or write prompt_via: stdin`,
    });
  }
  if (lacksApproval(map.run)) warnOfApproval(context, name, map.run);
  for (const key of ['permissions', 'args'] as const) {
    if (map[key] === undefined) continue;
    report(context, ['agents', name, key], {
      code: 'E0209',
      message: `${key} of agent "${name}" would be ignored`,
      why: 'its command is given in full by run',
      fix: 'put the flags into run',
    });
  }
  const client = ownClient(name, map);
  return {
    kind: 'command',
    name,
    run: map.run,
    promptVia: via,
    passEnv: listOf(map.pass_env),
    env: textValues(map.env),
    parallel: map.parallel ?? null,
    instructions,
    ...(client === null ? {} : { client }),
  };
}

/** What the plan says about a command of its own; null when it says nothing. */
function ownClient(name: string, map: AgentMap & { readonly run: string }): ClientSpec | null {
  const { output, resume, account, model } = map;
  if (output === undefined && resume === undefined && account === undefined && model === undefined)
    return null;
  return {
    output: output ?? 'text',
    resume: resume ?? null,
    account: account ?? name,
    model: model ?? null,
    pricedAs: null,
  };
}

function warnOfApproval(context: PlanContext, name: string, run: string): void {
  const preset = clientOfCommand(run);
  report(context, ['agents', name, 'run'], {
    code: 'E0340',
    severity: 'warning',
    message: `the command of agent "${name}" has no flag that lets ${preset?.name ?? 'it'} work without asking`,
    why: 'it would change nothing, and exit as if all were well',
    fix: `use: ${preset?.name ?? ''}    # or add ${preset?.permissions.edit?.join(' ') ?? ''}`,
  });
}

interface Resolved {
  readonly map: AgentMap;
  /** What the chain ends in, when that is built in. */
  readonly base: typeof DEMO_AGENT | ClientPreset | null;
  readonly acp: AcpPreset | null;
  readonly problem: Parameters<typeof report>[2] | null;
}

/** Follows `use` and puts each definition over the one it builds on. */
function resolveChain(context: PlanContext, name: string): Resolved {
  const agents = context.file.agents ?? {};
  const known = [...Object.keys(agents), DEMO_AGENT, ...presetNames(), ...acpPresetNames()];
  const seen: string[] = [];
  let map: AgentMap = {};
  const ending = (more: Partial<Resolved>): Resolved => ({
    map,
    base: null,
    acp: null,
    problem: null,
    ...more,
  });
  for (let at = name; ;) {
    if (seen.includes(at)) return ending({ problem: circleProblem([...seen, at]) });
    if (!Object.hasOwn(agents, at)) {
      const acp = acpPresetNamed(at);
      const base = at === DEMO_AGENT ? DEMO_AGENT : presetNamed(at);
      const isUnknown = base === null && acp === null && seen.length > 0;
      return ending({ base, acp, problem: isUnknown ? unknownBase(seen, at, known) : null });
    }
    seen.push(at);
    const own = asMap(agents[at], known, at);
    const { use, ...settings } = own;
    map = { ...settings, ...map };
    const command = own.run ?? own.acp;
    if (own.run !== undefined && own.acp !== undefined)
      return ending({ problem: bothProblem(at, 'acp', 'run') });
    if (use !== undefined && command !== undefined)
      return ending({ problem: bothProblem(at, 'use', own.run === undefined ? 'acp' : 'run') });
    // `claude: {model: opus}` sets options of the built-in one, `claude: {use: claude}` does the same.
    const isOwnName = command === undefined && (use === undefined || use === at);
    const preset = isOwnName ? presetNamed(at) : null;
    const acp = isOwnName ? acpPresetNamed(at) : null;
    if (preset !== null || acp !== null) return ending({ base: preset, acp });
    if (use === undefined) return ending({});
    if (use === DEMO_AGENT && at === DEMO_AGENT) return ending({ base: DEMO_AGENT });
    at = use;
  }
}

/** A text is the name of an agent when there is one, else a command. */
function asMap(agent: AgentFile | undefined, known: readonly string[], self: string): AgentMap {
  if (typeof agent !== 'string') return agent ?? {};
  const isBuiltIn = agent === DEMO_AGENT || presetNamed(agent) !== null || acpPresetNamed(agent) !== null;
  return known.includes(agent) && (agent !== self || isBuiltIn) ? { use: agent } : { run: agent };
}

function promptViaOf(run: string): 'arg' | 'stdin' | 'file' {
  if (run.includes('{prompt_file}')) return 'file';
  return run.includes('{prompt}') ? 'arg' : 'stdin';
}

function instructionsOf(context: PlanContext, name: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^\S+\.(?:md|txt)$/.test(text)) return text;
  const content = context.readText?.(text) ?? null;
  if (content !== null) return content;
  report(context, ['agents', name, 'instructions'], {
    code: 'E0306',
    message: `the instructions "${text}" of agent "${name}" cannot be read`,
    why: 'there is no such file in the repository',
    fix: null,
  });
  return null;
}

function circleProblem(names: readonly string[]): Resolved['problem'] {
  const message = `agents build on each other in a circle: ${names.join(' → ')}`;
  return { code: 'E0322', message, why: 'none of them has a command', fix: 'give one of them run' };
}

function unknownBase(seen: readonly string[], use: string, known: readonly string[]): Resolved['problem'] {
  const close = closestTo(use, known);
  return {
    code: 'E0321',
    message: `agent "${seen.at(-1)}" builds on "${use}", which is not defined`,
    why: `agents there: ${known.join(', ')}`,
    fix: close === null ? 'give its command with run' : `use: ${close}`,
  };
}

function bothProblem(name: string, one: string, other: string): Resolved['problem'] {
  const message = `agent "${name}" has both ${one} and ${other}`;
  return { code: 'E0208', message, why: 'one of them would be ignored', fix: 'remove one' };
}
