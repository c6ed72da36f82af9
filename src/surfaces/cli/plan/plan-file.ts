/** The plan a `plan` command works on, with or without a repository around it. */
import { parsePlan, type ParsedPlan } from '../../../formats/plan/parse.ts';
import type { Context } from '../host.ts';
import { findPlace, type Place } from '../place.ts';
import { composeAgent } from '../../../formats/agents/compose.ts';
import { DEFAULT_TARGET, detect, type Detected } from '../planning/detected.ts';
import { type PlanSource, requirePlan } from '../planning/find-plan.ts';
import { readerOf } from '../planning/load-plan.ts';
import type { DetectedFacts } from '../../../formats/plan/context.ts';

export interface OpenPlan {
  readonly source: PlanSource;
  readonly parsed: ParsedPlan;
  readonly options: Parameters<typeof parsePlan>[1];
  readonly place: Place;
}

/** Reads and checks it. Scopes are held against the tracked files where there is a repository. */
export async function openPlan(context: Context, file: string | null): Promise<OpenPlan> {
  const found = placeOf(context);
  const place = found ?? nowhere(context);
  const source = requirePlan(context, place, file);
  const detected = await machineFacts(context);
  const options = { file: source.shown, detected, readText: readerOf(place) };
  const parsed = parsePlan(source.text, options);
  if (found === null || !dependsOnFiles(parsed)) return { source, parsed, options, place };
  const seen = await lookAtProject(context, found);
  if (seen === null) return { source, parsed, options, place };
  const judged = { ...options, detected: seen.facts, files: seen.files };
  return { source, parsed: parsePlan(source.text, judged), options: judged, place };
}

/** Scopes are held against file names, and gates that the plan leaves out are detected from them. */
function dependsOnFiles({ plan, origins }: ParsedPlan): boolean {
  if (plan === null) return false;
  return origins?.gates === 'none' || plan.tasks.some((task) => task.scope.origin === 'declared');
}

function placeOf(context: Context): Place | null {
  try {
    return findPlace(context.cwd, context.world.env);
  } catch {
    return null;
  }
}

function nowhere(context: Context): Place {
  const { cwd } = context;
  return { root: cwd, repository: cwd, commonDir: cwd, state: cwd, isTaskWorktree: false };
}

async function machineFacts(context: Context): Promise<DetectedFacts> {
  const [first] = await context.world.inspectAgents();
  return {
    target: DEFAULT_TARGET,
    ...(first === undefined ? {} : { agent: composeAgent(first.agent, first.agent.name) }),
  };
}

/** null when git cannot say: a plan can be checked all the same. */
async function lookAtProject(context: Context, place: Place): Promise<Detected | null> {
  try {
    const git = await context.world.openGit(place);
    try {
      return await detect(context, place, git);
    } finally {
      git.close();
    }
  } catch {
    return null;
  }
}
