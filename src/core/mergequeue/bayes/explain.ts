/** One sentence per run: what is tested and why this tree was worth the slot. */
import { bitsIn } from '../bit-set.ts';
import type { Field } from './field.ts';
import type { Trial, TrialPurpose } from './trial.ts';

const WHY: Record<TrialPurpose, string> = {
  landing: 'the largest set likely to be green',
  group: 'untested changes whose joint result is most informative',
  split: 'part of a red tree, to find what broke it',
  single: 'the least known change by itself, as proof for or against it',
  overlap: 'a second cut through changes under test',
  proof: 'a tree that would prove a change bad',
  oldest: 'the oldest change, because nothing else runs',
  waiting: 'the oldest changes, because nothing was decided for long',
  repair: 'changes that may repair each other',
};

export function reasonFor(trial: Trial, field: Field): string {
  const changes = bitsIn(trial.bits).reduce(
    (count, item) => count + (field.board.items[item]?.members.length ?? 1),
    0,
  );
  const what = changes === 1 ? 'tests 1 change' : `tests ${String(changes)} changes together`;
  return `${what}: ${String(Math.round(trial.pGreen * 100))} % likely green, ${WHY[trial.purpose]}`;
}
