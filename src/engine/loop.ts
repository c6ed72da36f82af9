/**
 * The loop: facts in, one look at the world, pure decisions, one durable append, effects out.
 *
 *   inbox ─► fold ─► observe ─► decide ─► append(facts, records, intents) ─► act ─► outcome ─► inbox
 *
 * Timers, process exits and people's requests only put a fact into the inbox and wake the loop; nothing acts inside a
 * callback. Recovery is the first turn: an intent without outcome is performed again, and every effect looks at the
 * world before it touches it. The loop ends when the run is finished, or drained, or leadership is lost.
 */
import { Failure } from '../kit/failure.ts';
import { assert } from '../kit/assert.ts';
import type { AttemptId, IntentId } from '../core/ids.ts';
import type { RunEvent } from '../core/run/events.ts';
import { reduce } from '../core/run/reduce.ts';
import { RUN_BUDGET } from '../core/run/reduce-limit.ts';
import type { OpenIntent, RunState } from '../core/run/state.ts';
import { decide } from '../core/schedule/decide.ts';
import type { Decision, Fact } from '../core/schedule/snapshot.ts';
import type { Leadership } from '../ports/store.ts';
import { servedTask } from '../core/run/steps.ts';
import { perform } from './act/perform.ts';
import type { ActContext, Deps, Observer } from './deps.ts';
import { openBranchWatch, type BranchWatch } from './branch-watch.ts';
import { leaderEnd, unwantedIntents } from './cancel.ts';
import type { Journal } from './journal.ts';
import { observe } from './observe.ts';
import { Radar } from './radar.ts';
import { QuestionWatch } from './inbox/question-watch.ts';
import { expectOverlaps } from './separation/expected.ts';
import { watchAttempt } from './watch.ts';

/** Rounds of records in one turn; more means two decisions undo each other. */
const MAX_RECORD_ROUNDS = 10_000;

export type LoopEnd =
  | { readonly kind: 'finished'; readonly state: RunState }
  | { readonly kind: 'drained'; readonly state: RunState };

export class RunLoop {
  readonly #deps: Deps;
  readonly #journal: Journal;
  readonly #leadership: Leadership;
  readonly #observer: Observer;
  #state: RunState;
  #inbox: Fact[] = [];
  readonly #acting = new Map<IntentId, AbortController>();
  readonly #watching = new Map<AttemptId, AbortController>();
  readonly #pickedPorts = new Set<number>();
  readonly #radar: Radar;
  readonly #questions: QuestionWatch;
  #branches: BranchWatch | null = null;
  #isDraining = false;
  #error: unknown = null;
  #wake: () => void = () => {};
  #isDirty = true;

  constructor(deps: Deps, journal: Journal, leadership: Leadership, state: RunState, observer: Observer) {
    this.#deps = deps;
    this.#journal = journal;
    this.#leadership = leadership;
    this.#state = state;
    this.#observer = observer;
    const tell = (fact: Fact): void => this.tell(fact);
    const fail = (error: unknown): void => {
      this.#error ??= error;
      this.#markDirty();
    };
    this.#radar = new Radar(deps, tell, fail);
    this.#questions = new QuestionWatch(deps, tell, fail);
  }

  get state(): RunState {
    return this.#state;
  }

  /** Puts a fact before the loop; it is durable after the next turn. */
  tell(fact: Fact): void {
    this.#inbox.push(fact);
    this.#markDirty();
  }

  /** Starts nothing new; `run` resolves once what is under way has ended. */
  drain(): void {
    this.#isDraining = true;
    this.#markDirty();
  }

  /** Resolves when the run is finished or drained; rejects on lost leadership or a bug, leaving the log as it is. */
  async run(): Promise<LoopEnd> {
    try {
      const expected = await expectOverlaps(this.#deps, this.#state);
      if (expected !== null) this.#inbox.unshift(expected);
      if (this.#state.options.watch !== undefined)
        this.#branches = await openBranchWatch(this.#deps, () => this.#markDirty());
      for (;;) {
        this.#isDirty = false;
        if (this.#error !== null) throw this.#error;
        if (this.#leadership.lost.aborted) throw this.#leadership.lost.reason;
        const wakeAtMs = await this.#turn();
        const end = this.#end();
        if (end !== null) return end;
        await this.#sleep(wakeAtMs);
      }
    } finally {
      this.#radar.stop();
      this.#questions.stop();
      this.#branches?.close();
      const reason = leaderEnd();
      for (const controller of [...this.#acting.values(), ...this.#watching.values()])
        controller.abort(reason);
    }
  }

  async #turn(): Promise<number | null> {
    const batch = this.#takeInbox();
    const snapshot = await observe(this.#deps, this.#fold(batch), this.#isDraining, this.#branches);
    let { state } = snapshot;
    let wakeAtMs: number | null = null;
    for (let round = 0; ; round += 1) {
      assert(round < MAX_RECORD_ROUNDS, 'decisions do not settle');
      const decided = decide({ ...snapshot, state }, this.#deps.policy);
      wakeAtMs = decided.wakeAtMs;
      if (decided.decisions.length === 0) break;
      for (const decision of decided.decisions) {
        const event = this.#eventOf(decision, state, snapshot.nowMs);
        batch.push(event);
        state = reduce(state, event) ?? state;
      }
    }
    await this.#commit(batch, state);
    return wakeAtMs;
  }

  async #commit(batch: readonly RunEvent[], state: RunState): Promise<void> {
    if (batch.length > 0) {
      await this.#deps.failpoint('before:intent.insert');
      await this.#journal.append(state.id, batch);
      await this.#deps.failpoint('after:intent.insert');
      this.#state = state;
      this.#observer({ events: batch, state });
    }
    for (const id of unwantedIntents(state)) this.#acting.get(id)?.abort();
    for (const intent of state.intents.values()) if (!this.#acting.has(intent.id)) this.#act(intent);
    for (const task of state.tasks.values()) {
      if (task.progress.kind === 'working') this.#watch(task.progress.attempt);
    }
    this.#radar.follow(state);
    this.#questions.follow(state);
  }

  #act(intent: OpenIntent): void {
    const controller = new AbortController();
    this.#acting.set(intent.id, controller);
    const context = {
      deps: this.#deps,
      leadership: this.#leadership,
      state: this.#state,
      intent: intent.id,
      emit: (fact: Fact) => this.tell(fact),
      signal: controller.signal,
      pickedPorts: this.#pickedPorts,
    };
    this.#perform(intent, context).then(
      (facts) => {
        for (const fact of facts) this.#inbox.push(fact);
        this.#settled(intent.id, controller);
      },
      (error: unknown) => {
        if (error instanceof Failure && error.code !== 'leader-lost') {
          const { code } = error;
          const task = servedTask(intent.step);
          this.#inbox.push({ kind: 'abandoned', intent: intent.id, task, code, why: error.message });
        } else if (!controller.signal.aborted) {
          this.#error ??= error;
        }
        this.#settled(intent.id, controller);
      },
    );
  }

  async #perform(intent: OpenIntent, context: ActContext): Promise<readonly Fact[]> {
    await this.#deps.failpoint(`before:act.${intent.step.kind}`);
    const facts = await perform(intent.step, context);
    await this.#deps.failpoint(`after:act.${intent.step.kind}`);
    return facts;
  }

  #settled(id: IntentId, controller: AbortController): void {
    if (this.#acting.get(id) === controller) this.#settling.add(id);
    this.#markDirty();
  }

  /** Settled but not yet folded: they leave `#acting` only once the log says so, or they would be performed again. */
  readonly #settling = new Set<IntentId>();

  #watch(attempt: AttemptId): void {
    if (this.#watching.has(attempt)) return;
    const controller = new AbortController();
    this.#watching.set(attempt, controller);
    watchAttempt(this.#deps, this.#state, attempt, controller.signal).then(
      (fact) => this.tell(fact),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        this.#error ??= error;
        this.#markDirty();
      },
    );
  }

  #takeInbox(): RunEvent[] {
    const facts = this.#inbox;
    this.#inbox = [];
    const atMs = this.#deps.clock.now();
    for (const id of this.#settling) this.#acting.delete(id);
    this.#settling.clear();
    return facts.map((fact) => ({ ...fact, atMs }));
  }

  #fold(batch: readonly RunEvent[]): RunState {
    let state = this.#state;
    for (const event of batch) state = reduce(state, event) ?? state;
    return state;
  }

  #eventOf(decision: Decision, state: RunState, atMs: number): RunEvent {
    if (decision.kind === 'record') return { ...decision.event, atMs };
    const intent = `i${state.counters.intents + 1}` as IntentId;
    return { kind: 'intended', intent, step: decision.step, because: decision.because, atMs };
  }

  #end(): LoopEnd | null {
    if (this.#acting.size > 0 || this.#inbox.length > 0) return null;
    const state = this.#state;
    if (state.life.kind === 'finished') return { kind: 'finished', state };
    const isBusy = [...state.tasks.values()].some((task) => task.progress.kind === 'working');
    // Nobody may be there to let it go on: what is done stays done, and the run can be taken up again.
    const isSpent = state.life.kind === 'paused' && state.budgets.get(RUN_BUDGET)?.isOpen === true;
    const isEnding = this.#isDraining || isSpent;
    return isEnding && !isBusy && state.intents.size === 0 ? { kind: 'drained', state } : null;
  }

  async #sleep(wakeAtMs: number | null): Promise<void> {
    if (this.#isDirty) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        cancel();
        this.#leadership.lost.removeEventListener('abort', wake);
        resolve();
      };
      const delay = wakeAtMs === null ? null : Math.max(0, wakeAtMs - this.#deps.clock.now());
      const cancel = delay === null ? () => {} : this.#deps.clock.after(delay, wake);
      this.#leadership.lost.addEventListener('abort', wake, { once: true });
      this.#wake = wake;
    });
  }

  #markDirty(): void {
    this.#isDirty = true;
    this.#wake();
  }
}
