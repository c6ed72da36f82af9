import { expect, test } from 'vitest';
import { diceOf } from '../sim/pure-world.ts';
import { Scenario } from './scenario.ts';

/** Kills of the orchestrator's whole process group, its git children included, at moments nobody chose. */
const KILLS = 200;
/** Of one repository, before it is let to run to its end. */
const KILLS_PER_RUN = 10;
/** An undisturbed run takes a few seconds; most kills should hit it at work. */
const LATEST_KILL_MS = 1_500;

for (const half of [0, 1]) {
  test(
    `${KILLS / 2} random kills of the process group change nothing (part ${half + 1})`,
    { timeout: 1_200_000 },
    async () => {
      const dice = diceOf(20_261_120 + half);
      const failures: string[] = [];
      let kills = 0;
      for (let run = 0; kills < KILLS / 2; run += 1) {
        const scenario = new Scenario('kills');
        try {
          for (let kill = 0; kill < KILLS_PER_RUN; kill += 1) {
            const delayMs = 30 + Math.floor(dice.next() * LATEST_KILL_MS);
            const died = await scenario.launch({}, delayMs);
            if (died.signal === 'SIGKILL') kills += 1;
            else if (died.code === 0) break;
            else
              failures.push(
                `run ${run} kill ${kill} at ${delayMs} ms: ended with ${died.code} ${died.errors}`,
              );
          }
          const end = await scenario.launch();
          if (end.code !== 0) failures.push(`run ${run}: restart ended with ${end.code} ${end.errors}`);
          for (const complaint of await scenario.complaints()) failures.push(`run ${run}: ${complaint}`);
        } finally {
          scenario.dispose();
        }
      }
      expect(failures).toEqual([]);
    },
  );
}
