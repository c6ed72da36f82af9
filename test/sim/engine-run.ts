/** One simulated life of a run: the real engine over fakes, killed and refused at random, resumed until it ends. */
import { decide } from '../../src/core/schedule/decide.ts';
import type { CommitId } from '../../src/core/ids.ts';
import { serialPlanner } from '../../src/core/mergequeue/index.ts';
import type { RunState } from '../../src/core/run/state.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { accident, randomOptions, randomTurn, verdictOf, wish } from './engine-world.ts';
import { diceOf } from './pure-world.ts';

export interface EngineSimResult {
  /** What is wrong; empty when nothing is. */
  readonly broken: readonly string[];
  readonly kills: number;
  readonly commits: number;
  readonly state: RunState | null;
}

export interface EngineSimOptions {
  readonly forget?: (state: RunState) => RunState;
}

/** Lives of one run before only calm ones follow. */
const ROUGH_LIVES = 12;
const MAX_LIVES = 40;

export async function simulateEngine(seed: number, options: EngineSimOptions = {}): Promise<EngineSimResult> {
  const dice = diceOf(seed);
  const { names, ...chosen } = randomOptions(dice);
  const engine: FakeEngine = new FakeEngine({
    ...chosen,
    ...options,
    agent: (turn) => randomTurn(() => engine, dice, turn),
    gate: ({ read }) => verdictOf(names, read),
  });
  const rate = dice.next() < 0.5 ? 0.004 : 0.02;
  let isRough = true;
  let kills = 0;
  engine.killsAt = () => isRough && dice.next() < rate;
  engine.onCommit = () => {
    // Nobody leaves a run paused for ever.
    if (engine.isStarted && engine.state.life.kind === 'paused') {
      engine.clock.after(60_000, () => {
        engine.tell({ kind: 'run.resumed', by: 'sim' });
      });
    }
    if (!isRough) return;
    if (dice.next() < 0.06) accident(engine, dice);
    if (dice.next() < 0.05) engine.tell(wish(names, dice));
  };
  const problems: string[] = [];
  try {
    for (let life = 0; ; life += 1) {
      isRough = life < ROUGH_LIVES;
      if (life > MAX_LIVES) throw new Error('it was resumed again and again and never ended');
      if (!isRough) engine.git.controls.setCheckout({ branch: 'main' as never, isDirty: false });
      if (!(await opened(engine, !isRough))) continue;
      const ending = await engine.run();
      if (ending.kind === 'finished') break;
      kills += ending.kind === 'crashed' ? 1 : 0;
      if (ending.kind === 'error' && !isExpected(ending.error)) throw ending.error;
    }
    problems.push(...(await leftovers(engine)));
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return {
    broken: [...new Set([...engine.broken, ...problems])],
    kills,
    commits: engine.events.length,
    state: engine.isStarted ? engine.state : null,
  };
}

/** False when it was killed, or refused, before it could begin; then it is begun once more. */
async function opened(engine: FakeEngine, isLate: boolean): Promise<boolean> {
  const resume = { kind: 'run.resumed', by: 'sim' } as const;
  const attempt = async (): Promise<boolean> => {
    if (await engine.reopen(...(isLate ? [resume] : []))) return true;
    await engine.start();
    return true;
  };
  const death = engine.death();
  try {
    return await Promise.race([attempt(), death.then(() => false)]);
  } catch (error) {
    if (isExpected(error)) return false;
    throw error;
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}

/** Refusals that nobody met during the run are met here. */
async function asked<T>(question: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  }
}

async function isIn(engine: FakeEngine, commit: CommitId | null, ref: CommitId | null): Promise<boolean> {
  return commit !== null && ref !== null && engine.git.port.isAncestor(commit, ref);
}

/** What must hold once nothing is under way any more. */
async function leftovers(engine: FakeEngine): Promise<readonly string[]> {
  const { state } = engine;
  const broken: string[] = [];
  for (const spec of engine.processes.running) {
    if (spec.env['COPSE_ATTEMPT'] !== undefined) broken.push(`I14 ${spec.runDir} still runs`);
  }
  if (state.intents.size > 0) broken.push('it finished with an open effect');
  for (const landing of state.queue.landings) {
    if (engine.tip === null || !(await asked(() => isIn(engine, landing.to, engine.tip))))
      broken.push(`I1 landing ${landing.to} is not on the target`);
  }
  for (const task of state.tasks.values()) {
    if (task.head === null) continue;
    const kept = await asked(() => engine.git.port.listKept('refs/copse/'));
    const refs = [
      ...engine.git.controls.refs().map(([, commit]) => commit),
      ...kept.map((one) => one.commit),
    ];
    const reached = await Promise.all(refs.map((ref) => asked(() => isIn(engine, task.head, ref))));
    if (!reached.includes(true))
      broken.push(`I3 head ${task.head} of ${task.task.id} is reachable from no ref`);
  }
  const { queue, plan } = state;
  if (queue.isOpen && queue.held === null && plan.merge.onFailure === 'eject') {
    for (const task of state.tasks.values())
      if (task.progress.kind === 'queued' && task.stopRequested === null && task.skipRequested === null)
        broken.push(`it finished and ${task.task.id} still waits to land`);
  }
  for (const build of queue.builds.values())
    if (build.state === 'making') broken.push(`it finished and ${build.id} is still being made`);
  const restless = decide(
    {
      state: { ...state, life: { kind: 'running' } },
      nowMs: engine.clock.now(),
      machine: await engine.machine.load(),
      target: { tip: state.queue.tip, relation: 'same' },
      isHeldCheckoutClean: false,
      isDraining: false,
    },
    { planner: serialPlanner, place: () => ({ branch: 'b', path: '/p' }) },
  ).decisions.filter((one) => one.kind !== 'record' || !isRequestOrEnd(one.event.kind));
  if (restless.length > 0)
    broken.push(`it finished while something could go on: ${JSON.stringify(restless[0])}`);
  return broken;
}

/** A stop or skip that came while the end was being written needs nobody's work; the run is over for that task. */
function isRequestOrEnd(kind: string): boolean {
  return ['run.finished', 'task.stopped', 'task.skipped', 'change.ejected'].includes(kind);
}
