import { expect, test } from 'vitest';
import { Scenario } from './scenario.ts';

test('worlds that run at the same time leave the processes of one another alone', async () => {
  const worlds = ['one', 'two', 'three'].map((name) => new Scenario(`beside-${name}`, ['gamma']));
  try {
    const ends = await Promise.all(worlds.map((world) => world.launch()));
    expect(ends.map(({ errors }) => errors)).toEqual(['', '', '']);
    for (const world of worlds) {
      expect(await world.complaints()).toEqual([]);
      const { state } = await world.state();
      // Red once by its plan; an agent ended from outside would have been one more.
      expect([...(state?.attempts.values() ?? [])].map(({ verdict }) => verdict)).toEqual([
        'committed',
        'committed',
      ]);
    }
  } finally {
    for (const world of worlds) world.dispose();
  }
});
