/** The exit codes, a contract with scripts, and the one place that decides them. */
import { Failure } from '../../kit/failure.ts';
import type { RunOutcome } from '../../core/run/events.ts';

export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  plan: 3,
  environment: 4,
  failed: 5,
  person: 6,
  conflict: 7,
  limit: 8,
  leader: 9,
  timeout: 124,
  interrupt: 130,
  terminated: 143,
} as const;

export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [0, 'all that was asked for is done (landed, or verified with --no-merge)'],
  [1, 'an unexpected error: a bug in Copse'],
  [2, 'wrong usage'],
  [3, 'the plan is invalid; all problems are printed at once'],
  [4, 'the environment is not ready: no repository, old git, agent missing, plan not trusted'],
  [5, 'work ran and failed: an agent, a gate, or it was stopped'],
  [6, 'waits for a person: a question, an approval, a dirty checkout'],
  [7, 'a conflict could not be resolved; the worktree is kept'],
  [8, 'a limit or budget was reached; can be resumed'],
  [9, 'another Copse process leads this repository'],
  [124, 'ran out of time'],
  [130, 'ended by Ctrl-C; can be resumed'],
  [143, 'ended by TERM; can be resumed'],
];

/** Failure codes whose exit code does not follow from their first word. */
const BY_CODE: Readonly<Record<string, number>> = {
  'leader-held': EXIT.leader,
  'leader-lost': EXIT.leader,
  'leader-unreachable': EXIT.leader,
  'no-run': EXIT.usage,
  'task-unknown': EXIT.usage,
  'change-unknown': EXIT.usage,
  'not-a-person': EXIT.usage,
  'not-approver': EXIT.usage,
  'item-unknown': EXIT.usage,
  'item-ambiguous': EXIT.usage,
  'item-settled': EXIT.usage,
  'item-answer': EXIT.usage,
  'approval-void': EXIT.person,
  'agent-unknown': EXIT.plan,
  'agent-template': EXIT.plan,
  'base-missing': EXIT.environment,
  'merge-held': EXIT.person,
  'conflict-none': EXIT.usage,
  'finding-unknown': EXIT.usage,
  'rollback-unknown': EXIT.usage,
  'rollback-done': EXIT.usage,
  'rollback-queued': EXIT.usage,
  'resolution-missing': EXIT.usage,
  'resolution-markers': EXIT.conflict,
  'input-needed': EXIT.person,
  'git-timeout': EXIT.timeout,
  'plan-invalid': EXIT.plan,
  'plan-missing': EXIT.usage,
  'plan-edit': EXIT.usage,
  'plan-needed': EXIT.usage,
  'undo-unknown': EXIT.usage,
  'undo-moved': EXIT.person,
  'recover-unknown': EXIT.usage,
  'merge-no-gates': EXIT.usage,
  'run-unreadable': EXIT.bug,
};

const BY_FIRST_WORD: Readonly<Record<string, number>> = {
  usage: EXIT.usage,
  limit: EXIT.limit,
  budget: EXIT.limit,
};

/** Exit code of a failure: wrong usage and limits by their first word; anything else the world refused is the environment. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Failure)) return EXIT.bug;
  const [word = ''] = error.code.split('-');
  return BY_CODE[error.code] ?? BY_FIRST_WORD[word] ?? EXIT.environment;
}

export function exitCodeOfOutcome(outcome: RunOutcome): number {
  const codes: Readonly<Record<RunOutcome, number>> = {
    done: EXIT.done,
    failed: EXIT.failed,
    stopped: EXIT.failed,
    waiting: EXIT.person,
    conflict: EXIT.conflict,
    limit: EXIT.limit,
  };
  return codes[outcome];
}
