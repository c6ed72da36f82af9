/** What this run has shown so far about its gates and its authors: prior knowledge for the planner, never proof. */
import type { ChangeState, RunState } from '../run/state.ts';

/** Decided changes of one agent before its record says more than the project's. */
const LEAST_SAMPLES = 8;
/** Of a gate that has flaked once, as if it had flaked `1` time in this many runs before. */
const ASSUMED_RUNS = 10;
const MOST_FLAKY = 0.5;

/**
 * Probability that the gates of a good tree come out red: 0 until one has flaked (red and then green on one tree, in
 * one gate run or in two), then estimated over all that ran.
 */
export function flakeRateOf(state: RunState): number {
  const results = [...state.gateResults.values()];
  const inOneRun = results.filter((result) => result.flaky).length;
  const builds = [...state.queue.builds.values()];
  const inTwo = builds.filter(
    ({ state: outcome, repeats }) =>
      outcome === 'green' && repeats !== null && state.queue.builds.get(repeats)?.state === 'red',
  ).length;
  const flakes = inOneRun + inTwo;
  if (flakes === 0) return 0;
  return Math.min(MOST_FLAKY, (flakes + 1) / (results.length + ASSUMED_RUNS));
}

/** How likely the change is green alone, by what became of earlier changes of the same agent; null: nothing known. */
export function predictedPassOf(change: ChangeState, state: RunState): number | null {
  const agent = agentOf(change, state);
  if (agent === null) return null;
  let good = 0;
  let broken = 0;
  for (const other of state.queue.changes.values()) {
    if (agentOf(other, state) !== agent) continue;
    if (other.state.kind === 'landed') good += 1;
    if (other.state.kind === 'ejected' && other.state.because === 'broken') broken += 1;
  }
  return good + broken < LEAST_SAMPLES ? null : (good + 1) / (good + broken + 2);
}

function agentOf(change: ChangeState, state: RunState): string | null {
  return change.task === null ? null : (state.tasks.get(change.task)?.agent ?? null);
}
