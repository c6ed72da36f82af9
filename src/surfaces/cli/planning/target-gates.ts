/** Which gates judge a run: those of the plan on the target branch, and where the working copy says otherwise. */
import type { CommitId, RepoPath } from '../../../core/ids.ts';
import type { GateSpec, Plan } from '../../../core/plan/model.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import type { GitPort } from '../../../ports/git.ts';
import { DEFAULT_TARGET } from './detected.ts';
import type { PlanSource } from './find-plan.ts';
import type { LoadInput } from './load-plan.ts';

/** The target's own definition of the gates counts: a branch under test must not loosen what judges it. */
export async function targetGates(
  { git, context, detected }: LoadInput,
  plan: Plan,
  source: PlanSource,
): Promise<{ readonly gates: Plan['gates']; readonly notes: readonly string[] }> {
  const target = plan.merge.into ?? DEFAULT_TARGET;
  const tip = await targetTip(git, plan);
  if (source.inRepository === null)
    return {
      gates: plan.gates,
      notes: [`gates are those of ${source.shown}, which is not in the repository`],
    };
  const text = tip === null ? null : await git.readFile(tip, source.inRepository as RepoPath);
  if (text === null)
    return {
      gates: plan.gates,
      notes: [`gates are those of ${source.shown} here: ${target} has no such file`],
    };
  if (text === source.text) return { gates: plan.gates, notes: [] };
  const theirs = parsePlan(text, { file: `${target}:${source.inRepository}`, detected: detected.facts });
  if (theirs.plan === null) {
    const why = theirs.problems.find((problem) => problem.severity === 'error')?.message ?? 'it is invalid';
    context.out.detail(1, `${target}:${source.inRepository}: ${why}`);
    return {
      gates: plan.gates,
      notes: [`gates are those of ${source.shown} here: the plan on ${target} is not valid`],
    };
  }
  const notes = differences(plan.gates, theirs.plan.gates, target, source.shown);
  return { gates: theirs.plan.gates, notes };
}

/** Where the target will be when the run starts: its tip, or the checkout's when the engine makes or forwards it. */
async function targetTip(git: GitPort, plan: Plan): Promise<CommitId | null> {
  const target = plan.merge.into ?? DEFAULT_TARGET;
  const { base } = plan.workspace;
  const wanted = base === null ? (await git.facts()).head : await git.resolve(base);
  const tip = await git.branchTip(target as NonNullable<Plan['merge']['into']>);
  if (tip === null || wanted === null) return wanted;
  return target.startsWith('copse/') && (await git.isAncestor(tip, wanted)) ? wanted : tip;
}

function differences(
  here: Plan['gates'],
  there: Plan['gates'],
  target: string,
  file: string,
): readonly string[] {
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const lines = names.flatMap((name) => {
    const [mine, theirs] = [here[name], there[name]];
    if (theirs === undefined) return [`gate ${name} is only in ${file} here and does not count`];
    if (mine === undefined) return [`gate ${name} is only on ${target} and counts: ${theirs.run}`];
    if (isSameGate(mine, theirs)) return [];
    return [
      mine.run === theirs.run
        ? `gate ${name} has other settings in ${file} here; those on ${target} count`
        : `gate ${name} is \`${theirs.run}\` on ${target}, which counts, and \`${mine.run}\` in ${file} here`,
    ];
  });
  return lines.length === 0 ? [] : [...lines, `to change gates, commit ${file} to ${target}`];
}

function isSameGate(a: GateSpec, b: GateSpec): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
