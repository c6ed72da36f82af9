/** Random plans, agents, gates, people and accidents for the simulation of the real engine. Everything follows from a seed. */
import type { FakeScript } from '../../src/adapters/processes-fake/fake-script.ts';
import type { BranchName, TaskId } from '../../src/core/ids.ts';
import { bayesPlanner, serialPlanner } from '../../src/core/mergequeue/index.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import type { Fact } from '../../src/core/schedule/snapshot.ts';
import { Failure } from '../../src/kit/failure.ts';
import type { GitPort } from '../../src/ports/git.ts';
import type { EngineOptions, FakeEngine, Turn } from '../support/fake-engine.ts';
import { planOf } from '../support/plan-builder.ts';
import type { TaskSketch } from '../support/plan-builder.ts';
import type { Dice } from './pure-world.ts';

/** Methods of the git port that the engine calls, each of which may refuse now and then. */
const REFUSING: readonly (keyof GitPort)[] = [
  'facts',
  'treeOf',
  'branchTip',
  'isAncestor',
  'mergeBase',
  'readFile',
  'provision',
  'sight',
  'shareFiles',
  'takeSnapshot',
  'verifySnapshot',
  'capture',
  'commitOnBehalf',
  'takeIn',
  'intakeFacts',
  'lineCounts',
  'updateWorkspace',
  'removeWorkspace',
  'deleteBranch',
  'merge',
  'keep',
  'checkoutSlot',
  'slotChanges',
  'slotWrites',
  'publish',
  'resolveByRule',
  'openResolution',
  'readResolution',
  'recordResolution',
];

export function randomOptions(dice: Dice): EngineOptions & { readonly names: readonly string[] } {
  const names = Array.from({ length: 1 + Math.floor(dice.next() * 6) }, (_, index) => `t${index}`);
  return {
    names,
    plan: randomPlan(dice, names),
    planner: dice.next() < 0.3 ? bayesPlanner : serialPlanner,
    options: { parallel: 1 + Math.floor(dice.next() * 3), noMerge: dice.next() < 0.1 },
  };
}

function randomPlan(dice: Dice, names: readonly string[]): Plan {
  const tasks: Record<string, TaskSketch> = {};
  for (const [index, name] of names.entries()) {
    const waves = Array.from({ length: 1 + Math.floor(dice.next() * 2) }, (_, wave) => `part ${wave + 1}`);
    tasks[name] = {
      needs: names.slice(0, index).filter(() => dice.next() < 0.2),
      waves,
      locks: dice.next() < 0.3 ? ['lock'] : [],
      exclusive: dice.next() < 0.1,
      fallback: dice.next() < 0.2 ? ['second'] : [],
      retries: {
        max: Math.floor(dice.next() * 3),
        backoff: 'exponential',
        delayMs: 1_000,
        on: ['crash', 'timeout', 'stall', 'no_change', 'gate'],
      },
      review:
        dice.next() < 0.3
          ? {
              agent: 'second',
              minScore: 1 + Math.floor(dice.next() * 10),
              maxIterations: 1 + Math.floor(dice.next() * 5),
              onFail: (['escalate', 'fail', 'warn'] as const)[Math.floor(dice.next() * 3)] ?? 'fail',
            }
          : null,
    };
  }
  const plan = planOf(tasks, {
    agents: {
      demo: { kind: 'demo', name: 'demo', parallel: null, instructions: null },
      second: { kind: 'demo', name: 'second', parallel: null, instructions: null },
    },
    gates: {
      test: {},
      lint: { at: ['wave', 'merge'], run: 'lint', lock: 'lint' },
      soak: { at: ['end'], run: 'soak' },
    },
    merge: {
      into: null,
      strategy: (['merge', 'squash', 'rebase'] as const)[Math.floor(dice.next() * 3)] ?? 'merge',
      slots: 1 + Math.floor(dice.next() * 3),
      everyCommit: dice.next() < 0.2,
      onFailure: dice.next() < 0.1 ? 'stop' : 'eject',
      update: names.length % 3 === 0 ? 'never' : 'auto',
      conflicts: dice.next() < 0.75 ? ['auto', 'human'] : ['auto', 'candidates', 'agent', 'human'],
      resolver: null,
      tag: null,
    },
  });
  const keep = (['never', 'on_failure', 'always'] as const)[Math.floor(dice.next() * 3)] ?? 'never';
  const setup = dice.next() < 0.3 ? ['make ready'] : [];
  return { ...plan, workspace: { ...plan.workspace, keep, setup, ports: dice.next() < 0.3 ? ['PORT'] : [] } };
}

/** An agent that mostly works, sometimes into a file of everybody's, sometimes badly, sometimes not at all. */
export function randomTurn(engine: () => FakeEngine, dice: Dice, turn: Turn): FakeScript {
  const afterMs = 100 + Math.floor(dice.next() * 20_000);
  const roll = dice.next();
  if (turn.review !== null) return randomReview(engine(), dice, turn, afterMs);
  if (turn.at.path.startsWith('/fake/resolutions/')) {
    const path = roll < 0.8 ? 'shared.txt' : 'outside.txt';
    return engine().writes(turn, { [path]: `settled ${turn.task}\n` }, afterMs);
  }
  const { controls } = engine().git;
  const write = (path: string, content: string) => (): void => {
    try {
      controls.write(turn.at, path, content);
    } catch {
      // Its worktree was taken away meanwhile.
    }
  };
  if (roll < 0.06)
    return { actions: [{ afterMs, run: write('left.txt', 'half done\n') }], exit: { afterMs, code: 3 } };
  if (roll < 0.1) return { exit: { afterMs, signal: 'SIGKILL' } };
  if (roll < 0.13) return { exit: null };
  if (roll < 0.17) return { exit: { afterMs, code: 0 } };
  if (roll < 0.19) return { exit: null, spawnFails: 'no such program' };
  if (roll < 0.25) {
    return {
      actions: [{ afterMs, run: write(`${turn.task}.txt`, 'uncommitted\n') }],
      exit: { afterMs, code: 0 },
    };
  }
  const own = `${turn.task}.txt`;
  const quality = roll < 0.35 ? 'bad' : 'good';
  const shared = roll > 0.93 ? { 'shared.txt': `${turn.task} ${turn.number}\n` } : {};
  return engine().writes(turn, { [own]: `${quality} ${turn.wave} ${turn.number}\n`, ...shared }, afterMs);
}

/** A reviewer that mostly judges, and sometimes invents, talks, crashes or writes. */
function randomReview(engine: FakeEngine, dice: Dice, turn: Turn, afterMs: number): FakeScript {
  const roll = dice.next();
  if (roll < 0.1) return { exit: { afterMs, code: 1 } };
  if (roll < 0.15) return { output: [{ afterMs: 1, text: 'fine by me' }], exit: { afterMs, code: 0 } };
  const asked = [...turn.prompt.matchAll(/^- (F\d+) (?:blocker|major|minor|nit),/gm)];
  const earlier = asked.map(([, id]) => ({ id, status: dice.next() < 0.85 ? 'resolved' : 'open' }));
  const severity = (['blocker', 'major', 'minor', 'nit'] as const)[Math.floor(dice.next() * 4)];
  const title = `fault ${Math.floor(dice.next() * 1_000)}`;
  const findings = dice.next() < 0.35 ? [{ severity, file: null, line: null, title, detail: '' }] : [];
  const score = findings.length === 0 ? 10 : 1 + Math.floor(dice.next() * 9);
  const script = engine.judges(turn, { score, findings, earlier }, afterMs);
  if (dice.next() < 0.9) return script;
  const run = (): void => engine.git.controls.writeIn(turn.at.path, 'planted.txt', 'x');
  return { ...script, actions: [{ afterMs: 1, run }] };
}

/** Red for bad work, and now and then for the pair of two that are good alone; a tree has one verdict for ever. */
export function verdictOf(names: readonly string[], read: (path: string) => string | null): number {
  const contents = names.map((name) => read(`${name}.txt`) ?? '');
  if (contents.some((text) => text.startsWith('bad'))) return 1;
  const [first = '', second = ''] = contents;
  return first.startsWith('good 1 1') && second.startsWith('good 1 1') ? 1 : 0;
}

export function accident(engine: FakeEngine, dice: Dice): void {
  const { controls } = engine.git;
  const roll = dice.next();
  const failure = new Failure('git-busy', 'the dice refuse');
  if (roll < 0.75) {
    const method = REFUSING[Math.floor(dice.next() * REFUSING.length)] ?? 'merge';
    controls.failNext(method, failure);
  } else if (roll < 0.8) engine.files.failNext('file-unavailable');
  else if (roll < 0.85) engine.processes.failNextStart();
  else if (roll < 0.88) engine.disk.failNextWrites(failure);
  else if (roll < 0.9) engine.processes.restart();
  else if (roll < 0.95) {
    const tip = engine.tip;
    if (tip !== null) controls.commitAsHuman('main' as BranchName, tip, { 'human.txt': `${roll}\n` });
  } else controls.setCheckout({ branch: 'main' as BranchName, isDirty: roll < 0.97 });
}

export function wish(names: readonly string[], dice: Dice): Fact {
  const task = (names[Math.floor(dice.next() * names.length)] ?? 't0') as TaskId;
  const by = 'sim';
  const roll = dice.next();
  if (roll < 0.25) return { kind: 'task.stop_requested', task, by };
  if (roll < 0.4) return { kind: 'task.skip_requested', task, by };
  if (roll < 0.47)
    return {
      kind: 'review.commented',
      task,
      by,
      severity: 'minor',
      file: null,
      line: null,
      text: `remark ${roll}`,
    };
  if (roll < 0.53) return { kind: 'review.settled', task, by, findings: ['F1', 'F2', 'F3', 'F4'] };
  if (roll < 0.8) return { kind: 'task.reopened', task, by, fresh: roll > 0.7, wave: null };
  return roll < 0.85 ? { kind: 'run.paused', by, why: 'sim' } : { kind: 'run.resumed', by };
}
