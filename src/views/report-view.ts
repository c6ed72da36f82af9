/**
 * What a run did, as the `data` of `copse.report/1` and the last line of `run --json`. Sequential time is what the same
 * attempts and gates would have taken one after another: the sum of their durations, waiting for nothing.
 */
import type { RunState, TaskState } from '../core/run/state.ts';
import { attemptsOf, rejectionOf } from './attempts.ts';
import { present } from './present.ts';
import { noticedViews } from './overlap-view.ts';
import type { NoticedView } from './overlap-view.ts';
import { queueView } from './queue-view.ts';
import type { EjectedView, LandedView } from './queue-view.ts';
import { redTargetOf, type RedTargetView } from './red-target-view.ts';
import type { RollbackView } from './rollback-view.ts';
import type { Status } from './vocabulary.ts';
import { timeOf } from './words.ts';

export interface ReportView {
  readonly run: string;
  readonly mode: 'plan' | 'merge';
  readonly name: string;
  readonly goal?: string;
  /** null: not finished. */
  readonly outcome: string | null;
  readonly target: { readonly branch: string; readonly from: string; readonly to: string };
  readonly started_at: string;
  readonly ended_at: string;
  readonly totals: ReportTotals;
  readonly landed: readonly LandedView[];
  readonly ejected: readonly EjectedView[];
  readonly rollbacks: readonly RollbackView[];
  /** The search for what turned the target red at the end of the run. */
  readonly red_target?: RedTargetView;
  readonly tag?: { readonly name: string; readonly commit: string; readonly outcome: string };
  readonly failed: readonly { readonly task: string; readonly reason: string }[];
  readonly waiting: readonly { readonly task: string; readonly reason: string }[];
  readonly retried: readonly RetriedView[];
  /** Conflicts that were noticed while work was being done. */
  readonly overlaps: readonly NoticedView[];
  readonly tasks: readonly ReportRow[];
}

export interface ReportTotals {
  readonly tasks: number;
  readonly landed: number;
  readonly verified: number;
  readonly failed: number;
  readonly ejected: number;
  readonly attempts: number;
  readonly retries: number;
  /** Builds of the queue whose gates ran. */
  readonly queue_gate_runs: number;
  /** Results of single gates, each tree once. */
  readonly gates: number;
  readonly gates_failed: number;
  readonly flaky_gates: number;
  readonly files_changed: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly wall_ms: number;
  readonly sequential_ms: number;
  readonly saved_ms: number;
  /** `sequential_ms / wall_ms`; null before anything took time. */
  readonly speedup: number | null;
  /** Landed of everything that was landed or refused, withdrawals aside; null when nothing was. */
  readonly merge_success_rate: number | null;
  /** Landings in an hour of wall time; null before anything took time. */
  readonly landed_per_hour: number | null;
}

export interface RetriedView {
  readonly task: string;
  readonly attempt: string;
  readonly verdict: string;
  readonly reason: string;
}

export interface ReportRow {
  readonly task: string;
  readonly title: string;
  readonly status: Status;
  readonly reason: string;
  readonly agent: string;
  readonly attempts: readonly AttemptRow[];
  readonly work_ms: number;
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly landed_commit?: string | null;
  /** From its first attempt to its end. */
  readonly lead_ms?: number;
}

export interface AttemptRow {
  readonly id: string;
  readonly agent: string;
  readonly wave: number;
  /** null: not judged. */
  readonly verdict: string | null;
  /** Ms after the start of the run. */
  readonly start_ms: number;
  readonly duration_ms: number;
}

/** The last line of `run --json`: the report, with the seq of the run's last event. */
export type SummaryView = ReportView & {
  readonly v: 1;
  readonly seq: number;
  readonly ts: string;
  readonly type: 'run.summary';
};

export function summaryView(report: ReportView, seq: number): SummaryView {
  return { v: 1, seq, ts: report.ended_at, type: 'run.summary', ...report };
}

/** Of a run that goes on, up to `nowMs`. */
export function reportView(state: RunState, nowMs: number): ReportView {
  const endMs = state.life.kind === 'finished' ? state.life.atMs : nowMs;
  const tasks = [...state.tasks.values()];
  const rows = tasks.map((task) => rowOf(task, state, endMs));
  const queue = queueView(state);
  const pick = (status: Status) =>
    rows.filter((row) => row.status === status).map(({ task, reason }) => ({ task, reason }));
  return {
    run: state.id,
    mode: state.mode,
    name: state.plan.name,
    ...(state.plan.goal === null ? {} : { goal: state.plan.goal }),
    outcome: state.life.kind === 'finished' ? state.life.outcome : null,
    target: { branch: state.target, from: state.base, to: state.queue.tip },
    started_at: timeOf(state.startedAtMs),
    ended_at: timeOf(endMs),
    totals: totalsOf(state, rows, endMs),
    landed: queue.landed,
    ejected: queue.ejected,
    rollbacks: queue.rollbacks,
    ...redTargetOf(state),
    ...(state.tagged === null
      ? {}
      : { tag: { name: state.tagged.tag, commit: state.tagged.commit, outcome: state.tagged.outcome } }),
    failed: pick('failed'),
    waiting: pick('needs_you'),
    retried: tasks.flatMap((task) => retriedOf(task, state)),
    overlaps: noticedViews(state),
    tasks: rows,
  };
}

function rowOf(task: TaskState, state: RunState, endMs: number): ReportRow {
  const attempts = attemptsOf(task, state);
  const shown = present(task, state, endMs);
  const rows = attempts.map((attempt) => ({
    id: attempt.id,
    agent: attempt.agent,
    wave: attempt.wave,
    verdict: attempt.verdict,
    start_ms: attempt.startedAtMs - state.startedAtMs,
    duration_ms: Math.max(0, (attempt.endedAtMs ?? endMs) - attempt.startedAtMs),
  }));
  const facts = attempts.findLast((attempt) => attempt.facts !== null)?.facts ?? null;
  const first = attempts[0];
  const isOver = ['landed', 'verified', 'failed', 'stopped', 'skipped'].includes(task.progress.kind);
  return {
    task: task.task.id,
    title: task.task.title,
    status: shown.status,
    reason: shown.reason,
    agent: attempts.at(-1)?.agent ?? task.agent,
    attempts: rows,
    work_ms: rows.reduce((sum, row) => sum + row.duration_ms, 0),
    files: facts?.changedCount ?? 0,
    insertions: facts?.insertions ?? 0,
    deletions: facts?.deletions ?? 0,
    ...(task.progress.kind === 'landed' ? { landed_commit: task.landedCommit } : {}),
    ...(first === undefined || !isOver ? {} : { lead_ms: Math.max(0, task.sinceMs - first.startedAtMs) }),
  };
}

/** Every attempt after which the same wave was tried again, and why. */
function retriedOf(task: TaskState, state: RunState): readonly RetriedView[] {
  const attempts = attemptsOf(task, state);
  return attempts.flatMap((attempt, index) => {
    const after = attempts[index + 1];
    if (after === undefined || after.wave !== attempt.wave) return [];
    const reason = rejectionOf(attempt, state) ?? attempt.because ?? 'a person asked for another attempt';
    return [{ task: task.task.id, attempt: attempt.id, verdict: attempt.verdict ?? 'unknown', reason }];
  });
}

function totalsOf(state: RunState, rows: readonly ReportRow[], endMs: number): ReportTotals {
  const gates = [...state.gateResults.values()];
  const changes = [...state.queue.changes.values()];
  // A resolution is a try of what it stands for, and a rollback takes away.
  const own = changes.filter((one) => one.origin === null);
  const refused = own.filter((one) => one.state.kind === 'ejected' && one.state.because !== 'withdrawn');
  const landed = changes.filter((one) => one.state.kind === 'landed' && one.origin?.kind !== 'revert').length;
  const sum = (pick: (row: ReportRow) => number): number => rows.reduce((total, row) => total + pick(row), 0);
  const wallMs = Math.max(0, endMs - state.startedAtMs);
  const gateMs = gates.reduce((total, gate) => total + gate.durationMs, 0);
  const sequentialMs = Math.round(sum((row) => row.work_ms) + gateMs);
  const decided = landed + refused.length;
  return {
    tasks: rows.length,
    landed,
    verified: rows.filter((row) => row.status === 'verified').length,
    failed: rows.filter((row) => row.status === 'failed').length,
    ejected: refused.length,
    attempts: sum((row) => row.attempts.length),
    retries: rows.reduce((total, row) => total + retriesIn(row), 0),
    queue_gate_runs: state.queue.gateRuns,
    gates: gates.length,
    gates_failed: gates.filter((gate) => gate.verdict === 'fail').length,
    flaky_gates: gates.filter((gate) => gate.flaky).length,
    files_changed: sum((row) => row.files),
    insertions: sum((row) => row.insertions),
    deletions: sum((row) => row.deletions),
    wall_ms: wallMs,
    sequential_ms: sequentialMs,
    saved_ms: Math.max(0, sequentialMs - wallMs),
    speedup: wallMs === 0 ? null : rounded(sequentialMs / wallMs),
    merge_success_rate: decided === 0 ? null : rounded(landed / decided),
    landed_per_hour: wallMs === 0 ? null : rounded(landed / (wallMs / 3_600_000)),
  };
}

function retriesIn(row: ReportRow): number {
  return row.attempts.filter((attempt, index) => row.attempts[index - 1]?.wave === attempt.wave).length;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
