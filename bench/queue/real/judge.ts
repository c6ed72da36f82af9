/** What a real merge did, judged by its repository and the gate's own log alone: nothing Copse says is believed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Workload } from '../workload.ts';
import { TARGET } from './materialize.ts';

export interface Verdict {
  readonly landed: number;
  /** First-parent states of the target that hold a broken change or a conflicting pair. */
  readonly redStates: number;
  /** Values the target took whose exact tree no green gate run saw. */
  readonly untestedTips: number;
  /** Not on the target although nothing on it speaks against them. */
  readonly missed: readonly string[];
  /** Merged more than once. */
  readonly twice: readonly string[];
  readonly gateRuns: number;
  /** Begun and never ended: cancelled. */
  readonly cancelledRuns: number;
  readonly peakGates: number;
  /** First start to last end of a gate, in seconds of the workload. */
  readonly makespan: number;
}

interface Run {
  readonly t0: number;
  readonly t1: number;
  readonly tree: string;
  readonly pass: boolean;
  readonly pid: number;
}

export function judge(
  workload: Workload,
  at: { readonly repository: string; readonly env: Record<string, string>; readonly log: string },
  scale: number,
): Verdict {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: at.repository, env: at.env, encoding: 'utf8' }).trim();
  const { runs, started } = readRuns(at.log);
  const states = git('log', '--first-parent', '--reverse', '--format=%H %T', TARGET).split('\n');
  const baseTree = states[0]?.split(' ')[1] ?? '';
  const held = states.slice(1).map((row) => changesAt(git, row.split(' ')[0] ?? ''));
  const landed = held.at(-1) ?? new Set<string>();
  const truth = new Map(workload.changes.map((change) => [change.id, change]));
  const isBad = (id: string, beside: ReadonlySet<string>): boolean => {
    const change = truth.get(id);
    return change?.brokenAlone === true || (change?.conflictsWith ?? []).some((other) => beside.has(other));
  };
  const green = new Set(runs.filter((run) => run.pass).map((run) => run.tree));
  const tips = git('reflog', 'show', '--format=%T', TARGET).split('\n').filter(Boolean);
  const missed = workload.changes.filter(
    ({ id, textConflictsWith }) =>
      !landed.has(id) && !isBad(id, landed) && !(textConflictsWith ?? []).some((other) => landed.has(other)),
  );
  const subjects = git('log', '--first-parent', '--format=%s', TARGET).split('\n');
  const twice = subjects.filter((subject, index) => subjects.indexOf(subject) !== index);
  const ends = runs.map((run) => run.t1);
  const begins = runs.map((run) => run.t0);
  return {
    landed: landed.size,
    redStates: held.filter((ids) => [...ids].some((id) => isBad(id, ids))).length,
    untestedTips: tips.filter((tree) => tree !== baseTree && !green.has(tree)).length,
    missed: missed.map((change) => change.id),
    twice,
    gateRuns: runs.length,
    cancelledRuns: started - runs.length,
    peakGates: Math.max(0, ...runs.map((run) => runs.filter((o) => o.t0 <= run.t0 && o.t1 > run.t0).length)),
    makespan: runs.length === 0 ? 0 : (Math.max(...ends) - Math.min(...begins)) / 1000 / scale,
  };
}

function changesAt(git: (...args: readonly string[]) => string, commit: string): ReadonlySet<string> {
  const files = git('ls-tree', '--name-only', commit, 'changes/').split('\n');
  return new Set(files.filter((file) => file.endsWith('.json')).map((file) => file.slice(8, -5)));
}

/** Whole runs in the gates' own log, and how many began. */
export function readRuns(log: string): { readonly runs: readonly Run[]; readonly started: number } {
  if (!existsSync(log)) return { runs: [], started: 0 };
  const rows = readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Partial<Run>);
  const runs = rows.filter((row): row is Run => row.t1 !== undefined);
  return { runs, started: rows.length - runs.length };
}
