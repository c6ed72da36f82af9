/**
 * Watches running work for conflicts, beside the loop: it only tells facts, and nothing waits for it.
 *
 * A tick comes at most every second and a half. It looks at the worktrees whose watch told of a change, and at as many
 * others as take about a second: first those never seen, then in turn those that no watch vouches for. A watch counts once a
 * look found a change that it had told of, and never again after looks found changes that it had not. What looks cost
 * lengthens the pause, so that many worktrees cost the machine a bounded share, and news of two of them does not wait for all.
 */
import type { TaskId } from '../core/ids.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import type { RunState } from '../core/run/state.ts';
import { overlapNews, withoutIgnored } from '../core/separation/radar.ts';
import { type RadarMember, radarMembers } from '../core/separation/radar-members.ts';
import { Failure } from '../kit/failure.ts';
import type { Deps } from './deps.ts';
import { RadarSweep } from './radar/sweep.ts';
import { WorktreeWatches } from './radar/watches.ts';

/** Shortest time between two looks. */
export const RADAR_INTERVAL_MS = 1_500;
/** Longest. */
export const RADAR_MAX_INTERVAL_MS = 30_000;
/** Rest from looks that nothing asked for, as a multiple of what they took: they use at most a quarter of the time. */
const REST_PER_POLL = 3;
/** The same for news, and for worktrees that were never seen. */
const REST_PER_NEWS = 1;
/** What looks that nothing asked for may take in one tick. */
const POLL_MS = 1_000;
/** How many there are before it is known what one takes. */
const FIRST_POLLS = 4;

export class Radar {
  readonly #deps: Pick<Deps, 'git' | 'clock' | 'watch'>;
  readonly #tell: (fact: Fact) => void;
  readonly #onBug: (error: unknown) => void;
  readonly #sweep: RadarSweep;
  readonly #watches: WorktreeWatches;
  #state: RunState | null = null;
  #cancel: (() => void) | null = null;
  #isLooking = false;
  /** Facts were told and are not yet in the state: what follows from them is not to be told twice. */
  #isAhead = false;
  #isStopped = false;
  /** Nobody is looked at unasked before. */
  #pollFromMs = Number.NEGATIVE_INFINITY;
  #polls = FIRST_POLLS;
  /** An agent ran at the last look: one more look says what it left. */
  #wasActive = false;

  constructor(
    deps: Pick<Deps, 'git' | 'clock' | 'watch'>,
    tell: (fact: Fact) => void,
    onBug: (error: unknown) => void,
  ) {
    this.#deps = deps;
    this.#tell = tell;
    this.#onBug = onBug;
    this.#sweep = new RadarSweep(deps);
    this.#watches = new WorktreeWatches(deps);
  }

  /** The run as it is on record now. */
  follow(state: RunState): void {
    this.#state = state;
    this.#isAhead = false;
    if (this.#cancel !== null || this.#isLooking) return;
    if (this.#wasActive || isActive(radarMembers(state))) this.#rest(RADAR_INTERVAL_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#watches.close();
  }

  #rest(ms: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#deps.clock.after(ms, () => {
      this.#cancel = null;
      this.#isLooking = true;
      this.#tick().then(
        () => (this.#isLooking = false),
        (error: unknown) => {
          this.#isLooking = false;
          if (!this.#isStopped) this.#onBug(error);
        },
      );
    });
  }

  async #tick(): Promise<void> {
    const begunAtMs = this.#deps.clock.monotonic();
    const members = this.#state === null ? [] : radarMembers(this.#state);
    this.#watches.follow(members.filter(({ isRunning }) => isRunning));
    const isOn = isActive(members);
    if (this.#state === null || (!isOn && !this.#wasActive)) return;
    if (!this.#isAhead) {
      this.#wasActive = isOn;
      await this.#look(this.#state, members);
    }
    if (!this.#wasActive) return;
    const restMs = (this.#deps.clock.monotonic() - begunAtMs) * REST_PER_NEWS;
    this.#rest(Math.min(RADAR_MAX_INTERVAL_MS, Math.max(RADAR_INTERVAL_MS, restMs)));
  }

  /** Which worktrees this tick looks at, those that nothing asked for last. */
  #due(): { readonly told: readonly TaskId[]; readonly polled: readonly TaskId[] } {
    const mayPoll = this.#deps.clock.monotonic() >= this.#pollFromMs;
    const unsure = this.#watches.unsure().filter(({ isNew }) => isNew || mayPoll);
    return { told: this.#watches.told(), polled: unsure.slice(0, this.#polls).map(({ task }) => task) };
  }

  #learn(looks: number, polled: number, spentMs: number): void {
    if (polled === 0) return;
    const eachMs = Math.max(1, spentMs / looks);
    this.#polls = Math.max(1, Math.floor(POLL_MS / eachMs));
    const restMs = Math.min(RADAR_MAX_INTERVAL_MS, REST_PER_POLL * eachMs * polled);
    this.#pollFromMs = this.#deps.clock.monotonic() + restMs;
  }

  async #look(state: RunState, members: readonly RadarMember[]): Promise<void> {
    const { told, polled } = this.#due();
    const due = new Set<TaskId>([...told, ...polled]);
    const begunAtMs = this.#deps.clock.monotonic();
    const before = new Map(members.map(({ task }) => [task, this.#sweep.seen(task)]));
    try {
      const found = await this.#sweep.look(state, due);
      for (const task of due) this.#watches.looked(task, before.get(task) ?? null, this.#sweep.seen(task));
      this.#learn(due.size, polled.length, this.#deps.clock.monotonic() - begunAtMs);
      if (this.#isStopped) return;
      const findings = found.map((finding) => withoutIgnored(finding, state.plan.conflicts.ignore));
      const news = overlapNews((this.#state ?? state).overlaps, findings, this.#deps.clock.now());
      if (news.length > 0) this.#isAhead = true;
      for (const fact of news) this.#tell(fact);
    } catch (error) {
      // Git refused this look (a branch that moved under it, a full disk): the work goes on, and the next look sees it.
      if (!(error instanceof Failure)) throw error;
    }
  }
}

function isActive(members: readonly RadarMember[]): boolean {
  return members.some(({ isRunning }) => isRunning);
}
