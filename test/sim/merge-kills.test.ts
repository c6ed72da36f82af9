/**
 * Merges of branches by the real engine over fakes, killed at any failpoint and resumed, while people push, hold, move
 * and take out: no ungated tip, no double landing, no lost branch. `COPSE_SIM_MERGES` sets how many at least.
 */
import { expect, test } from 'vitest';
import { bayesPlanner, patient } from '../../src/core/mergequeue/index.ts';
import type { BranchName, ChangeId, CommitId } from '../../src/core/ids.ts';
import type { RunState } from '../../src/core/run/state.ts';
import type { Fact } from '../../src/core/schedule/snapshot.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { planOf } from '../support/plan-builder.ts';
import { diceOf } from './pure-world.ts';

type Dice = ReturnType<typeof diceOf>;

const BUDGET_MS = 30_000;
const LEAST_MERGES = Number(process.env['COPSE_SIM_MERGES'] ?? 150);
/** Lives with kills and people in them; after that only calm ones follow. */
const ROUGH_LIVES = 6;
const MAX_LIVES = 20;
const by = 'sim';

interface Branch {
  readonly name: string;
  readonly isBad: boolean;
  /** The branch it is built on. */
  readonly on: string | null;
  /** Red together with this one. */
  readonly clash: string | null;
  /** Writes the same file as some others. */
  readonly isTextual: boolean;
}

function drawBranches(dice: Dice): readonly Branch[] {
  const count = 1 + Math.floor(dice.next() * 7);
  const names = Array.from({ length: count }, (_, index) => `b${index}`);
  const pick = (): string => names[Math.floor(dice.next() * count)] ?? 'b0';
  return names.map((name, index) => ({
    name,
    isBad: dice.next() < 0.2,
    on: index > 0 && dice.next() < 0.15 ? (names[Math.floor(dice.next() * index)] ?? null) : null,
    clash: dice.next() < 0.15 ? pick() : null,
    isTextual: dice.next() < 0.15,
  }));
}

interface Merge {
  readonly engine: FakeEngine;
  readonly branches: readonly Branch[];
  /** Trees that a gate run saw and passed: the gate itself notes them. */
  readonly proven: ReadonlySet<string>;
}

function mergeOf(dice: Dice): Merge {
  const branches = drawBranches(dice);
  const proven = new Set<string>();
  const { merge } = planOf({});
  const slots = 1 + Math.floor(dice.next() * 3);
  const engine: FakeEngine = new FakeEngine({
    plan: planOf({}, { gates: { test: {} }, merge: { ...merge, slots } }),
    branches: branches.map((branch) => branch.name),
    planner: patient(bayesPlanner),
    options: dice.next() < 0.3 ? { remote: 'origin' } : {},
    gate: ({ read, commit }) => {
      const has = (name: string | null): boolean => name !== null && read(`${name}.txt`) !== null;
      const isRed = branches.some(
        ({ name, isBad, clash }) => has(name) && (isBad || (clash !== name && has(clash))),
      );
      if (!isRed) proven.add(commit);
      return { exit: { afterMs: 100 + Math.floor(dice.next() * 900), code: isRed ? 1 : 0 } };
    },
  });
  const { controls } = engine.git;
  controls.setRemote('origin/main', controls.firstCommit);
  for (const { name, on, isTextual } of branches) {
    const parent = on === null ? controls.firstCommit : controls.ref(`refs/heads/${on}`);
    const files = { [`${name}.txt`]: name, ...(isTextual ? { 'same.txt': name } : {}) };
    controls.commitAsHuman(name as BranchName, parent ?? controls.firstCommit, files);
  }
  return { engine, branches, proven };
}

function somebody(engine: FakeEngine, branches: readonly Branch[], dice: Dice): void {
  const name = branches[Math.floor(dice.next() * branches.length)]?.name ?? 'b0';
  const change = name as ChangeId;
  const roll = dice.next();
  const { controls } = engine.git;
  if (roll < 0.3) {
    const isRemote = engine.state.options.remote !== undefined;
    const tip = isRemote ? controls.remote('origin/main') : controls.ref('refs/heads/main');
    if (tip === null) return;
    const path = `foreign-${Math.floor(dice.next() * 1e6)}.txt`;
    const commit = controls.commitAsHuman('scratch' as BranchName, tip, { [path]: 'x' });
    if (isRemote) controls.setRemote('origin/main', commit);
    else controls.moveRefAsHuman('refs/heads/main', commit);
    return;
  }
  const facts: readonly Fact[] = [
    { kind: 'change.held', change, by },
    { kind: 'change.released', change, by },
    { kind: 'change.eject_requested', change, by },
    { kind: 'queue.closed', by, below: null },
    { kind: 'queue.opened', by },
  ];
  const fact = facts[Math.floor(dice.next() * facts.length)];
  if (fact !== undefined) engine.tell(fact);
}

/** Drives one merge to its end; answers with what is wrong. */
async function simulateMerge(
  seed: number,
): Promise<{ readonly wrong: readonly string[]; readonly kills: number }> {
  const dice = diceOf(seed);
  const { engine, branches, proven } = mergeOf(dice);
  const rate = dice.next() < 0.5 ? 0.01 : 0.04;
  let isRough = true;
  let kills = 0;
  engine.killsAt = () => isRough && dice.next() < rate;
  engine.onCommit = () => {
    if (isRough && engine.isStarted && engine.state.life.kind === 'running' && dice.next() < 0.06)
      somebody(engine, branches, dice);
  };
  for (let life = 0; ; life += 1) {
    isRough = life < ROUGH_LIVES;
    if (life > MAX_LIVES) return { wrong: ['it never ended'], kills };
    if (!(await begun(engine, isRough, branches))) continue;
    const ending = await engine.run();
    if (ending.kind === 'crashed') kills += 1;
    if (ending.kind === 'error' && !isExpected(ending.error)) throw ending.error;
    if (ending.kind === 'finished' && !isRough) break;
    if (ending.kind === 'finished') life = ROUGH_LIVES - 1;
  }
  return { wrong: [...engine.broken, ...(await faultsOf(engine, branches, proven))], kills };
}

async function begun(engine: FakeEngine, isRough: boolean, branches: readonly Branch[]): Promise<boolean> {
  const calm: readonly Fact[] = [
    { kind: 'run.resumed', by },
    { kind: 'queue.opened', by },
    ...branches.map(({ name }): Fact => ({ kind: 'change.released', change: name as ChangeId, by })),
  ];
  const attempt = async (): Promise<boolean> => {
    if (await engine.reopen(...(isRough ? [] : calm))) return true;
    await engine.start();
    return true;
  };
  return Promise.race([attempt(), engine.death().then(() => false)]);
}

function isExpected(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}

async function faultsOf(
  engine: FakeEngine,
  branches: readonly Branch[],
  proven: ReadonlySet<string>,
): Promise<readonly string[]> {
  const { state } = engine;
  const { controls, port } = engine.git;
  const wrong: string[] = [];
  const tip = state.options.remote === undefined ? engine.tip : controls.remote('origin/main');
  if (tip === null) return ['the target is gone'];
  const trees = new Set(await Promise.all([...proven].map((commit) => port.treeOf(commit as CommitId))));
  for (const landing of state.queue.landings) {
    if (!(await port.isAncestor(landing.to, tip))) wrong.push(`landing ${landing.to} is not on the target`);
    if (!trees.has(await port.treeOf(landing.to))) wrong.push(`${landing.to} was published and never tested`);
  }
  const landed = state.queue.landed.filter((id, index, all) => all.indexOf(id) !== index);
  if (landed.length > 0) wrong.push(`landed twice: ${landed.join(', ')}`);
  for (const { name } of branches) {
    if (controls.ref(`refs/heads/${name}`) === null) wrong.push(`branch ${name} is gone`);
    const isThere = (await port.readFile(tip, `${name}.txt` as never)) !== null;
    if (isThere !== isOnTarget(name, branches, state))
      wrong.push(`${name} is ${isThere ? '' : 'not '}on the target`);
  }
  for (const change of state.queue.changes.values())
    if (change.state.kind === 'pending' || change.state.kind === 'announced')
      wrong.push(`${change.id} was left undecided`);
  return wrong;
}

/** A branch is there when it landed, or when one that is built on it did. */
function isOnTarget(name: string, branches: readonly Branch[], state: RunState): boolean {
  if (state.queue.changes.get(name as ChangeId)?.state.kind === 'landed') return true;
  return branches.some((other) => other.on === name && isOnTarget(other.name, branches, state));
}

test('merges killed at random end as if nothing had happened', async () => {
  const startedAt = performance.now();
  let kills = 0;
  let merges = 0;
  while (performance.now() - startedAt < BUDGET_MS || merges < LEAST_MERGES) {
    merges += 1;
    const result = await simulateMerge(merges);
    expect(result.wrong, `seed ${merges}`).toEqual([]);
    kills += result.kills;
  }
  expect(kills).toBeGreaterThan(merges / 2);
});
