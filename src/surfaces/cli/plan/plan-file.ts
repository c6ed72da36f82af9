/** The plan a `plan` command works on, with or without a repository around it. */
import { parsePlan, type ParsedPlan } from '../../../formats/plan/parse.ts';
import type { RepoPath } from '../../../core/ids.ts';
import type { Context } from '../host.ts';
import { findPlace, type Place } from '../place.ts';
import { agentSpec, DEFAULT_TARGET } from '../planning/detected.ts';
import { type PlanSource, requirePlan } from '../planning/find-plan.ts';
import { readerOf } from '../planning/load-plan.ts';
import type { DetectedFacts } from '../../../formats/plan/context.ts';

/** Names read for judging scopes. */
const MAX_FILES = 50_000;

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
  const hasScopes = parsed.plan?.tasks.some((task) => task.scope.origin === 'declared') ?? false;
  if (found === null || !hasScopes) return { source, parsed, options, place };
  const files = await trackedFiles(context, found);
  if (files === null) return { source, parsed, options, place };
  const judged = { ...options, files };
  return { source, parsed: parsePlan(source.text, judged), options: judged, place };
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
  return { target: DEFAULT_TARGET, ...(first === undefined ? {} : { agent: agentSpec(first.agent) }) };
}

/** null when git cannot say: a plan can be checked all the same. */
async function trackedFiles(context: Context, place: Place): Promise<readonly RepoPath[] | null> {
  try {
    const git = await context.world.openGit(place);
    try {
      const { head } = await git.facts();
      return head === null ? null : await git.listFiles(head, MAX_FILES);
    } finally {
      git.close();
    }
  } catch {
    return null;
  }
}
