import { closestTo } from '../../kit/closest.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import type { PlanContext } from './context.ts';
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

/** The demo agent under `name`, with the settings of `map`. */
export function demoAgent(name: string, map: AgentMap = {}): AgentSpec {
  return { kind: 'demo', name, parallel: map.parallel ?? null, instructions: map.instructions ?? null };
}

/** Agents that take over for `name` by its own definition, or by the nearest one it builds on. */
export function fallbackOf(context: PlanContext, name: string): readonly string[] {
  return listOf(resolveChain(context, name).map.fallback);
}

function makeAgent(context: PlanContext, name: string): AgentSpec {
  const { map, base, problem } = resolveChain(context, name);
  if (problem !== null) report(context, ['agents', name, 'use'], problem);
  const instructions = instructionsOf(context, name, map.instructions);
  if (map.run === undefined) {
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
  return {
    kind: 'command',
    name,
    run: map.run,
    promptVia: via,
    passEnv: listOf(map.pass_env),
    env: textValues(map.env),
    parallel: map.parallel ?? null,
    instructions,
  };
}

interface Resolved {
  readonly map: AgentMap;
  /** `demo` when that is what the chain ends in. */
  readonly base: typeof DEMO_AGENT | null;
  readonly problem: Parameters<typeof report>[2] | null;
}

/** Follows `use` and puts each definition over the one it builds on. */
function resolveChain(context: PlanContext, name: string): Resolved {
  const agents = context.file.agents ?? {};
  const known = [...Object.keys(agents), DEMO_AGENT];
  const seen: string[] = [];
  let map: AgentMap = {};
  for (let at = name; ;) {
    if (seen.includes(at)) return { map, base: null, problem: circleProblem([...seen, at]) };
    if (!Object.hasOwn(agents, at)) {
      const base = at === DEMO_AGENT ? DEMO_AGENT : null;
      return { map, base, problem: base === null && seen.length > 0 ? unknownBase(seen, at, known) : null };
    }
    seen.push(at);
    const own = asMap(agents[at], known, at);
    const { use, ...settings } = own;
    map = { ...settings, ...map };
    if (use !== undefined && own.run !== undefined) return { map, base: null, problem: bothProblem(at) };
    if (use === undefined) return { map, base: null, problem: null };
    // `demo: {use: demo}` sets options of the built-in one.
    if (use === DEMO_AGENT && at === DEMO_AGENT) return { map, base: DEMO_AGENT, problem: null };
    at = use;
  }
}

/** A text is the name of an agent when there is one, else a command. */
function asMap(agent: AgentFile | undefined, known: readonly string[], self: string): AgentMap {
  if (typeof agent !== 'string') return agent ?? {};
  return known.includes(agent) && (agent !== self || agent === DEMO_AGENT) ? { use: agent } : { run: agent };
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

function bothProblem(name: string): Resolved['problem'] {
  const message = `agent "${name}" has both use and run`;
  return { code: 'E0208', message, why: 'one of them would be ignored', fix: 'remove one' };
}
