import { expect, test } from 'vitest';
import { diceOf } from '../sim/pure-world.ts';
import { Scenario } from './scenario.ts';

/** Kills of the orchestrator's whole process group, its git children included, at moments nobody chose. */
const KILLS = 200;
/** Of one repository, before it is let to run to its end. */
const KILLS_PER_RUN = 10;
/** An undisturbed run takes a few seconds; most kills should hit it at work. */
const LATEST_KILL_MS = 1_500;

const RUNS = KILLS / KILLS_PER_RUN;

test.each(Array.from({ length: RUNS }, (_, index) => index + 1))(
  `${KILLS_PER_RUN} random kills of the process group change nothing (%i of ${RUNS})`,
  async (number) => {
    const dice = diceOf(20_261_120 + number);
    // A run that came to its end between two kills is followed by another.
    for (let kills = 0; kills < KILLS_PER_RUN;) kills += await killAgainAndAgain(dice, KILLS_PER_RUN - kills);
  },
);

/** How often it was killed before its end, at most `kills` times. */
async function killAgainAndAgain(dice: ReturnType<typeof diceOf>, kills: number): Promise<number> {
  const scenario = new Scenario('kills');
  try {
    let killed = 0;
    for (; killed < kills; killed += 1) {
      const delayMs = 30 + Math.floor(dice.next() * LATEST_KILL_MS);
      const died = await scenario.launch({}, delayMs);
      if (died.signal === 'SIGKILL') continue;
      expect(died.code, `kill at ${delayMs} ms: ${died.errors}`).toBe(0);
      break;
    }
    const end = await scenario.launch();
    expect(end.code, end.errors).toBe(0);
    expect(await scenario.complaints()).toEqual([]);
    return killed;
  } finally {
    scenario.dispose();
  }
}
