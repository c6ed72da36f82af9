/**
 * What a plan gets where it says nothing. One table: the parser fills from it, the reference page prints it.
 */
interface Default<T> {
  readonly value: T;
  /** As one would write it in the plan. */
  readonly shown: string;
  readonly because: string;
}

function byDefault<T>(value: T, shown: string, because: string): Default<T> {
  return { value, shown, because };
}

const MINUTE_MS = 60_000;

export const planDefaults = {
  name: byDefault('plan', 'plan', 'a plan file in a folder needs no name of its own'),
  priority: byDefault(2 as const, 'medium', 'leaves room on both sides'),
  estimateMinutes: byDefault(60, '1h', 'bottom-level order with equal estimates still beats plan order'),
  retryMax: byDefault(2, '2', 'most crashes and red gates are fixed by the second try; more burns money'),
  retryBackoff: byDefault('exponential' as const, 'exponential', 'rate limits and broken networks need time'),
  retryDelayMs: byDefault(5_000, '5s', 'long enough for a lock or a port to be given back'),
  retryOn: byDefault(
    ['crash', 'timeout', 'stall', 'no_change', 'gate', 'rate_limit'] as const,
    '[crash, timeout, stall, no_change, gate, rate_limit]',
    'a change outside the scope is for a person to judge',
  ),
  timeoutMs: byDefault(60 * MINUTE_MS, '1h', 'a task that takes longer is better cut into waves'),
  stallMs: byDefault(10 * MINUTE_MS, '10m', 'longer than the slowest quiet tool call that was seen'),
  isolation: byDefault('worktree' as const, 'worktree', 'what people expect to see in git worktree list'),
  branch: byDefault('copse/{task}', 'copse/{task}', 'one prefix, so that clean-up knows its own'),
  path: byDefault(
    '../{repo}.worktrees/{task}',
    '../{repo}.worktrees/{task}',
    'beside the repository: same file system, and no search of the repository finds the copies',
  ),
  setupTimeoutMs: byDefault(15 * MINUTE_MS, '15m', 'a cold install of a large project'),
  keep: byDefault('on_failure' as const, 'on_failure', 'what failed is wanted for looking at'),
  gateTimeoutMs: byDefault(
    30 * MINUTE_MS,
    '30m',
    'a large suite; a hanging one must not hold the queue for ever',
  ),
  gateRetries: byDefault(0, '0', 'a flaky gate should be seen, not hidden'),
  gateAt: byDefault(
    ['task', 'merge'] as const,
    '[task, merge]',
    'early news on the branch, proof on the merged result',
  ),
  severity: byDefault('blocker' as const, 'blocker', 'a check nobody has to pass proves nothing'),
  aggregate: byDefault('last' as const, 'last', 'summaries are printed at the end'),
  better: byDefault('higher' as const, 'higher', 'most counts of good things grow'),
  strategy: byDefault('merge' as const, 'merge', "keeps the agent's commits and says what was proven"),
  slots: byDefault(1, '1', 'one suite at a time is what any machine bears'),
  everyCommit: byDefault(
    false,
    'false',
    'published tips are proven; proving each commit costs half as much again',
  ),
  onFailure: byDefault('eject' as const, 'eject', 'one bad change must not hold the good ones'),
  update: byDefault('auto' as const, 'auto', 'an agent should meet what has landed before the queue does'),
  conflicts: byDefault(
    ['auto', 'human'] as const,
    '[auto, human]',
    'what was resolved once is resolved again; anything that guesses or costs money is asked for',
  ),
  reviewMinScore: byDefault(10, '10', 'nothing left to change; later rounds take no new small findings'),
  reviewMaxIterations: byDefault(5, '5', 'reviews that have not agreed by then go round in circles'),
  reviewOnFail: byDefault('escalate' as const, 'escalate', 'two agents that disagree need a third opinion'),
  onExceed: byDefault('pause' as const, 'pause', 'turns under way end, and a person decides about more'),
  onOverlap: byDefault('serialize' as const, 'serialize', 'a wait is cheaper than a conflict'),
  enforceScope: byDefault('warn' as const, 'warn', 'declared scopes are guesses'),
  need: byDefault(
    'merged' as const,
    'merged',
    "a dependent builds on the code, so it has to be on the target's branch",
  ),
} as const;
