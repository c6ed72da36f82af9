/** What is said when a run has ended, and the exit code it ends with. */
import type { RunState } from '../../../core/run/state.ts';
import { problemText } from '../../../views/problem-text.ts';
import { problemsOf } from '../../../views/problem-view.ts';
import { reportText } from '../../../views/report-text.ts';
import { reportView } from '../../../views/report-view.ts';
import { EXIT, exitCodeOfOutcome } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { attemptLog } from '../state-paths.ts';
import type { DriveEnd } from './drive.ts';

export async function endRun(session: Session, end: DriveEnd): Promise<number> {
  const { context, deps, place } = session;
  const { out } = context;
  const { state } = end;
  const code = exitCodeOfEnd(end);
  const report = reportView(state, deps.clock.now());
  if (out.json) {
    const ts = report.ended_at;
    out.record({ v: 1, seq: end.lastSeq, ts, type: 'run.summary', ...report, exit_code: code });
    return code;
  }
  const problems = problemsOf(state, { logOf: (attempt) => attemptLog(place, state.id, attempt) });
  for (const problem of problems) out.problem('', ...problemText(problem, out.notePaint));
  if (problems.length > 0) out.note('');
  out.answer(...reportText(report, out.paint));
  const next = await nextCommand(session, end);
  if (next !== null) out.note('', next);
  return code;
}

export function exitCodeOfEnd(end: DriveEnd): number {
  const { life } = end.state;
  if (end.kind === 'drained') return end.signalCode ?? (isSpent(end.state) ? EXIT.limit : EXIT.failed);
  return life.kind === 'finished' ? exitCodeOfOutcome(life.outcome) : EXIT.failed;
}

async function nextCommand(session: Session, end: DriveEnd): Promise<string | null> {
  const { state } = end;
  if (end.kind === 'drained' && isSpent(state)) return 'to go on with the same budget again: copse resume';
  if (end.kind === 'drained') return 'to go on: copse run';
  if (state.queue.landed.length === 0) return null;
  const facts = await session.deps.git.facts();
  const home = facts.defaultBranch ?? facts.currentBranch;
  if (home === null || home === state.target || state.mode === 'merge') return null;
  return `to bring it to ${home}: copse merge ${state.target} --into ${home}`;
}

/** Its budget paused it. */
function isSpent({ life, budgets }: RunState): boolean {
  return life.kind === 'paused' && budgets.get('')?.isOpen === true;
}

/** Whether some command is needed before this run can end as wished. */
export function isUnfinished(state: RunState | null): state is RunState {
  return state !== null && state.life.kind !== 'finished';
}
