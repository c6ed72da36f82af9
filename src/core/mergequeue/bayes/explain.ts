/** One sentence per run: what is tested and why this tree was worth the slot. */
import { bitsIn } from '../bit-set.ts';
import type { Field } from './field.ts';
import type { Trial, TrialPurpose } from './trial.ts';

const WHY: Record<TrialPurpose, string> = {
  landing: 'it would land most where no other run does',
  group: 'their joint result tells most about untested changes',
  split: 'it cuts a red tree, to find what broke it',
  single: 'by itself its result is proof for or against it',
  overlap: 'it cuts the changes under test another way',
  oldest: 'it is the oldest and nothing else runs',
  waiting: 'the oldest have waited long enough',
  repair: 'the changes may repair each other',
};

export function reasonFor(trial: Trial, field: Field): string {
  const changes = bitsIn(trial.bits).reduce(
    (count, item) => count + (field.board.items[item]?.members.length ?? 1),
    0,
  );
  const what = changes === 1 ? 'tests 1 change' : `tests ${String(changes)} changes together`;
  return `${what}: ${String(Math.round(trial.pGreen * 100))} % likely green, and ${WHY[trial.purpose]}`;
}
