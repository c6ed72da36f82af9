/**
 * A world made of dice: answers every step of a run with some outcome that real adapters could give. Used to walk the
 * decisions through a million steps of virtual time; what the effects themselves do is tested elsewhere.
 */
import { assertNever } from '../../src/kit/assert.ts';
import type { ChangeId, CommitId, GateName, IntentId, TreeId } from '../../src/core/ids.ts';
import { gatesAt } from '../../src/core/gates/stages.ts';
import type { GateResult } from '../../src/core/gates/model.ts';
import type { ExitFacts } from '../../src/core/run/events.ts';
import { servedTask } from '../../src/core/run/steps.ts';
import type { OpenIntent, RunState } from '../../src/core/run/state.ts';
import type { Fact } from '../../src/core/schedule/snapshot.ts';

export interface Dice {
  /** 0 <= x < 1 */
  next(): number;
}

/** mulberry32: small, seeded, good enough to choose outcomes. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}

export interface Odds {
  readonly crash: number;
  readonly noChange: number;
  readonly red: number;
  readonly conflict: number;
  readonly refuse: number;
  readonly raced: number;
}

export class PureWorld {
  readonly #dice: Dice;
  readonly #odds: Odds;
  #serial = 0;
  /** Where the target really is; moved by landings and, now and then, by somebody else. */
  targetTip: CommitId;
  /** Trees that the dice once called green or red stay so. */
  readonly #verdicts = new Map<string, boolean>();

  constructor(dice: Dice, odds: Odds, base: CommitId) {
    this.#dice = dice;
    this.#odds = odds;
    this.targetTip = base;
  }

  somebodyCommits(): void {
    this.targetTip = this.#commit();
  }

  exitOf(): ExitFacts {
    const crashed = this.#happens(this.#odds.crash);
    const cause = crashed
      ? (['exited', 'timeout', 'stalled', 'supervisor-lost'] as const)[this.#pick(4)]
      : 'exited';
    return {
      code: crashed ? 1 : 0,
      signal: null,
      cause: cause ?? 'exited',
      detail: null,
      durationMs: 1,
      outputBytes: 0,
      survivors: [],
    };
  }

  outcomeOf(open: OpenIntent, state: RunState): readonly Fact[] {
    const { step, id: intent } = open;
    if (this.#happens(this.#odds.refuse)) {
      return [{ kind: 'abandoned', intent, task: servedTask(step), code: 'dice', why: 'the world refused' }];
    }
    switch (step.kind) {
      case 'prepare-workspace': {
        const { branch, path, base, task } = step;
        const workspace = { branch, path, base, isolation: 'worktree', ports: {} } as const;
        return [{ kind: 'workspace.prepared', intent, task, workspace, technique: 'plain', missing: [] }];
      }
      case 'start-attempt': {
        const { task, attempt, wave, agent } = step;
        const headBefore = state.tasks.get(task)?.head ?? state.base;
        return [{ kind: 'attempt.started', intent, task, attempt, wave, agent, snapshot: 's', headBefore }];
      }
      case 'stop-attempt':
        return [{ kind: 'attempt.stop_sent', intent, attempt: step.attempt, task: step.task }];
      case 'collect-attempt':
        return [this.#collected(intent, step.task, step.attempt, state)];
      case 'update-workspace':
        return this.#happens(this.#odds.conflict)
          ? [{ kind: 'workspace.conflicted', intent, task: step.task, onto: step.onto, files: [] }]
          : [{ kind: 'workspace.updated', intent, task: step.task, head: this.#commit(), onto: step.onto }];
      case 'run-gates':
        return this.#gates(open, state);
      case 'run-review':
        return [this.#reviewed(step, intent)];
      case 'take-in-branch':
        return [
          {
            kind: 'queue.taken_in',
            intent,
            change: step.change,
            outcome: this.#happens(this.#odds.conflict) ? 'rejected' : 'taken',
            head: this.#commit(),
            paths: [],
            detail: 'dice',
          },
        ];
      case 'make-build':
        return [this.#build(open, state)];
      case 'resolve-conflict': {
        const { change, stage, agent, onto } = step;
        const isResolved = this.#happens(0.5);
        const head = this.#commit();
        const made = isResolved ? { head, tree: this.#treeOf(head) } : { head: null, tree: null };
        const outcome = isResolved ? 'resolved' : 'unresolved';
        const rest = { files: [], detail: 'dice', log: null };
        return [{ kind: 'conflict.tried', intent, change, stage, agent, onto, outcome, ...made, ...rest }];
      }
      case 'deliver-answer': {
        const { task, attempt, question } = step;
        return [{ kind: 'question.delivered', intent, task, attempt, question, outcome: 'delivered' }];
      }
      case 'notify':
        return [
          {
            kind: 'notice.sent',
            intent,
            key: step.notice.key,
            channel: step.channel,
            outcome: 'absent',
            why: null,
          },
        ];
      case 'take-in-head': {
        const head = this.#commit();
        const tree = this.#treeOf(head);
        const rest = { changedPaths: [], refusal: null };
        return [{ kind: 'head.taken_in', intent, task: step.task, head, tree, ...rest }];
      }
      case 'tag-target':
        return [{ kind: 'target.tagged', intent, tag: step.tag, commit: step.commit, outcome: 'tagged' }];
      case 'publish':
        return this.#publish(open, state);
      case 'remove-workspace': {
        const outcome = this.#happens(this.#odds.conflict) ? 'refused' : 'removed';
        return [
          { kind: 'workspace.removed', intent, task: step.task, outcome, unsaved: [], branch: 'deleted' },
        ];
      }
      default:
        return assertNever(step);
    }
  }

  #collected(
    intent: IntentId,
    task: Extract<Fact, { kind: 'attempt.collected' }>['task'],
    attempt: Extract<Fact, { kind: 'attempt.collected' }>['attempt'],
    state: RunState,
  ): Fact {
    const before = state.tasks.get(task)?.head ?? state.base;
    const head = this.#happens(this.#odds.noChange) ? before : this.#commit();
    return {
      kind: 'attempt.collected',
      intent,
      attempt,
      task,
      facts: {
        head,
        tree: this.#treeOf(head),
        refusal: this.#happens(this.#odds.conflict / 4) ? 'dice' : null,
        newCommits: head === before ? 0 : 1,
        committedOnBehalf: null,
        salvageRef: null,
        violations: [],
        changedPaths: [],
        changedCount: 1,
        insertions: 1,
        deletions: 0,
        conflictMarkers: [],
        outOfScope: [],
        unsafe: [],
      },
    };
  }

  #gates(open: OpenIntent, state: RunState): readonly Fact[] {
    const { step, id: intent } = open;
    if (step.kind !== 'run-gates') return [];
    const tree = step.tree ?? this.#treeOf(step.commit);
    const red: GateName[] = [];
    const facts: Fact[] = [];
    for (const gate of gatesAt(state, step.subject)) {
      const isGreen = this.#verdict(`${tree} ${gate.name}`);
      if (!isGreen) red.push(gate.name);
      facts.push({
        kind: 'gate.finished',
        subject: step.subject,
        result: resultOf(gate.name, tree, isGreen),
        reused: false,
      });
    }
    const verdict = red.length === 0 ? 'green' : 'red';
    return [
      ...facts,
      { kind: 'gates.finished', intent, subject: step.subject, commit: step.commit, tree, verdict, red },
    ];
  }

  #build(open: OpenIntent, state: RunState): Fact {
    const { step, id: intent } = open;
    if (step.kind !== 'make-build') throw new Error('not a build');
    const { build, tip, members } = step;
    const index = this.#pick(members.length);
    const change = members[index];
    if (change !== undefined && this.#happens(this.#odds.conflict)) {
      const withChange = index === 0 ? null : (members[index - 1] ?? null);
      return { kind: 'build.conflicted', intent, build, tip, change, withChange, files: [] };
    }
    const commits = members.map((member: ChangeId) => ({ change: member, commit: this.#commit() }));
    const heads = members.map((member) => state.queue.changes.get(member)?.head ?? '');
    return {
      kind: 'build.made',
      intent,
      build,
      tip,
      commits,
      tree: `tree of ${tip} + ${heads.join(' ')}` as TreeId,
    };
  }

  #publish(open: OpenIntent, state: RunState): readonly Fact[] {
    const { step, id: intent } = open;
    if (step.kind !== 'publish') return [];
    if (this.targetTip !== step.from) {
      return [{ kind: 'target.moved', intent, from: step.from, to: this.targetTip, how: 'forward' }];
    }
    if (this.#happens(this.#odds.raced)) {
      this.somebodyCommits();
      return [{ kind: 'target.moved', intent, from: step.from, to: this.targetTip, how: 'forward' }];
    }
    const build = state.queue.builds.get(step.build);
    const to = build !== undefined && build.tip === step.from ? build.commits.at(-1)?.commit : this.#commit();
    if (to === undefined) return [{ kind: 'landing.void', intent, build: step.build, because: 'dice' }];
    this.targetTip = to;
    const changes = step.members.map((change) => ({ change, commit: to }));
    return [{ kind: 'landed', intent, build: step.build, from: step.from, to, changes, checkout: 'none' }];
  }

  #verdict(key: string): boolean {
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const isGreen = !this.#happens(this.#odds.red);
    this.#verdicts.set(key, isGreen);
    return isGreen;
  }

  /** Any verdict, any trouble: findings are invented, resolved and brought back as the dice fall. */
  #reviewed(step: Extract<OpenIntent['step'], { kind: 'run-review' }>, intent: IntentId): Fact {
    const { task, wave, head, tree, since, agent, slot, change } = step;
    const severity = (['blocker', 'major', 'minor', 'nit'] as const)[this.#pick(4)] ?? 'nit';
    const finding = { severity, file: null, line: null, title: `fault ${this.#pick(30)}`, detail: '' };
    const ids = Array.from({ length: 4 }, () => `F${1 + this.#pick(6)}`);
    const outcome = this.#happens(this.#odds.crash)
      ? ({ kind: 'crash', why: 'dice' } as const)
      : ({
          kind: 'verdict',
          verdict: {
            commit: head,
            score: 1 + this.#pick(10),
            summary: '',
            findings: this.#happens(0.5) ? [finding] : [],
            earlier: ids.map((id) => ({ id, status: this.#happens(0.8) ? 'resolved' : 'open' }) as const),
          },
        } as const);
    return {
      kind: 'review.finished',
      intent,
      task,
      wave,
      head,
      tree,
      ...(change === undefined ? {} : { change }),
      since,
      agent,
      slot,
      session: null,
      outcome,
      delta: [],
      wrote: [],
      turns: [{ agent, durationMs: 1, stream: null }],
      log: '',
    };
  }

  #commit(): CommitId {
    this.#serial += 1;
    return this.#serial.toString(16).padStart(40, '0') as CommitId;
  }

  #treeOf(commit: CommitId): TreeId {
    return `tree of ${commit}` as TreeId;
  }

  #happens(probability: number): boolean {
    return this.#dice.next() < probability;
  }

  #pick(count: number): number {
    return Math.floor(this.#dice.next() * count);
  }
}

function resultOf(gate: GateName, tree: TreeId, isGreen: boolean): GateResult {
  return {
    gate,
    tree,
    gateDigest: gate,
    environmentDigest: 'sim',
    verdict: isGreen ? 'pass' : 'fail',
    reason: 'dice',
    exit: { code: isGreen ? 0 : 1, signal: null },
    metrics: [],
    flaky: false,
    durationMs: 1,
    logPath: null,
  };
}
