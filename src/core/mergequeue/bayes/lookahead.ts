/**
 * A second look at the trees of one round together. Where few ends are possible and slots are plenty, the next round is
 * often the last or the last but one; then it matters more which ends the trees reach together than what each is worth
 * by itself. Trees are exchanged one at a time for others that were candidates, while fewer rounds are to be expected.
 */
import { resetTrials, addTrial, type Field } from './field.ts';
import { Rounds } from './rounds.ts';
import type { Trial } from './trial.ts';

const MOST_ITEMS = 24;
/** Changes per slot up to which it pays. */
const MOST_PER_SLOT = 1.25;
/** Ends per world: with more, the worlds are too few to count on. */
const MOST_ENDS = 0.3;
/** Exchanges for less are noise. */
const LEAST_GAIN = 0.001;
/** Operations of one look. */
const MOST_WORK = 12_000_000;

/** Only small queues with a slot for almost every change and with gates that take equally long, so that there are rounds. */
export function isWorthLook({ board, slots }: Field): boolean {
  const { length } = board.items;
  if (length < 2 || length > MOST_ITEMS || length > MOST_PER_SLOT * slots) return false;
  const gates = board.items.map((item) => item.gateMs);
  return Math.max(...gates) <= 1.1 * Math.min(...gates) && board.textClashes.every((row) => row === null);
}

/** Changes the field: `chosen`, its last trials, are replaced by what is returned. */
export function exchanged(chosen: readonly Trial[], pool: ReadonlyMap<string, Trial>, field: Field): Trial[] {
  const rounds = new Rounds(field);
  const kept = [...chosen];
  if (rounds.ends < 2 || rounds.ends > MOST_ENDS * field.outlook.worlds) return kept;
  const running = field.trials.filter((trial) => !chosen.includes(trial));
  for (let place = 0; place < kept.length && rounds.operations < MOST_WORK; place++) {
    const others = kept.filter((_, at) => at !== place);
    resetTrials(field, [...running, ...others]);
    rounds.follow();
    const taken = new Set(field.trials.flatMap((trial) => (trial.landable ? [trial.key] : [])));
    let best = kept[place];
    if (best === undefined) break;
    let least = rounds.after(best) - LEAST_GAIN;
    for (const trial of pool.values()) {
      if (taken.has(trial.key)) continue;
      const after = rounds.after(trial);
      if (after < least) [best, least] = [trial, after];
    }
    kept[place] = best;
    addTrial(field, best);
  }
  return kept;
}
