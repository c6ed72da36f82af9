/**
 * The verdict of an attempt: git plus what happened to the process, never the agent's own word. Exit code 0 without a
 * commit is `no_change`; work that breaks a rule is a `violation` whatever the exit code.
 */
import type { ConflictPolicy } from '../plan/model.ts';
import type { AttemptFacts, AttemptVerdict, ExitFacts } from './events.ts';
import type { CommitId } from '../ids.ts';

export interface Judgement {
  readonly verdict: AttemptVerdict;
  /** One clause, shown to people and to the next attempt. */
  readonly because: string;
}

/** `startedFrom`: a head equal to it holds no new work. */
export function judgeAttempt(
  exit: ExitFacts,
  facts: AttemptFacts,
  startedFrom: CommitId | null,
  policy: Pick<ConflictPolicy, 'enforceScope'>,
): Judgement {
  if (exit.cause === 'stopped') return { verdict: 'stopped', because: 'it was stopped on request' };
  const broken = brokenRule(facts, policy);
  if (broken !== null) return { verdict: 'violation', because: broken };
  const trouble = troubleOf(facts);
  if (trouble !== null) return trouble;
  const hasSaidDone = facts.stream?.ending.kind === 'ok';
  const isOnlyStillThere = exit.cause === 'stalled' && hasSaidDone;
  if (isOnlyStillThere && facts.head !== null && facts.head !== startedFrom)
    return {
      verdict: 'committed',
      because: `${counted(facts.changedCount, 'file')} changed; it said that it was done, and was ended because it did not exit`,
    };
  if (exit.cause === 'timeout') return { verdict: 'timeout', because: 'it ran into its time limit' };
  if (exit.cause === 'stalled') {
    const because = isOnlyStillThere
      ? 'it said that it was done without a commit, and did not exit'
      : 'it wrote nothing for longer than its stall limit';
    return { verdict: 'stall', because };
  }
  if (exit.cause === 'spawn-failed') {
    return { verdict: 'crash', because: `it could not be started: ${exit.detail ?? 'unknown reason'}` };
  }
  if (exit.cause === 'supervisor-lost') return { verdict: 'crash', because: 'its supervisor was killed' };
  if (exit.signal !== null) return { verdict: 'crash', because: `it was ended by ${exit.signal}` };
  if (exit.code !== 0) return { verdict: 'crash', because: `it exited with code ${exit.code ?? 'unknown'}` };
  if (facts.head === null || facts.head === startedFrom) {
    return { verdict: 'no_change', because: `it exited normally but made no commit${deniedNote(facts)}` };
  }
  const onBehalf = facts.committedOnBehalf === null ? '' : ', uncommitted work was committed on its behalf';
  return { verdict: 'committed', because: `${counted(facts.changedCount, 'file')} changed${onBehalf}` };
}

/**
 * The client stopped over something that is not the task's doing. What it overcame does not count, and neither does what it
 * said after it was done.
 */
function troubleOf(facts: AttemptFacts): Judgement | null {
  const ending = facts.stream?.ending;
  if (ending === undefined || ending.kind === 'ok' || ending.error === null) return null;
  const { error } = ending;
  switch (error.class) {
    case 'rate_limit':
      return { verdict: 'rate_limit', because: `its account is at its limit: ${error.message}` };
    case 'auth':
      return { verdict: 'auth', because: `its login was refused: ${error.message}` };
    case 'session':
      return { verdict: 'session', because: `its conversation could not be gone on with: ${error.message}` };
    default:
      return null;
  }
}

function deniedNote(facts: AttemptFacts): string {
  const denied = facts.stream?.denied ?? 0;
  return denied === 0
    ? ''
    : `; ${counted(denied, 'tool call')} of it ${denied === 1 ? 'was' : 'were'} denied`;
}

/** null: none. */
export function brokenRule(
  facts: Pick<AttemptFacts, 'violations' | 'refusal' | 'conflictMarkers' | 'unsafe' | 'outOfScope'>,
  policy: Pick<ConflictPolicy, 'enforceScope'>,
): string | null {
  const unrepaired = facts.violations.find((violation) => !violation.repaired && !violation.tolerated);
  if (unrepaired !== undefined) return `${unrepaired.what}: ${unrepaired.detail}`;
  // After the violations: a branch that is gone with its repository is not the news.
  if (facts.refusal !== null) return `its branch was refused: ${facts.refusal}`;
  if (facts.conflictMarkers.length > 0) return `conflict markers in ${listed(facts.conflictMarkers)}`;
  if (facts.unsafe.length > 0) return `unsafe content: ${listed(facts.unsafe)}`;
  if (policy.enforceScope === 'block' && facts.outOfScope.length > 0) {
    return `changes outside its scope: ${listed(facts.outOfScope)}`;
  }
  return null;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
