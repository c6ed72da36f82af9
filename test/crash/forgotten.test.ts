import { expect, test } from 'vitest';
import { Scenario } from './scenario.ts';

/** Far above what the rest of the run takes; one that waits for what nobody does is killed. */
const HUNG_MS = 120_000;

test('a Copse that does not perform open intents again would be caught by its work that is left undone', async () => {
  const scenario = new Scenario('forgets');
  try {
    const died = await scenario.launch({ COPSE_FAILPOINTS: 'before:act.make-build=kill@1' });
    expect(died.signal, died.errors).toBe('SIGKILL');
    await scenario.launch({ RIG_FORGETS_INTENTS: '1' }, HUNG_MS);
    const complaints = await scenario.complaints();
    // Not by the open intents themselves: they stay in the log whatever the loop forgot.
    expect(complaints.filter((complaint) => !complaint.startsWith('I6 '))).toContain(
      'the target holds no a.txt no b.txt no c.txt no both.txt',
    );
  } finally {
    scenario.dispose();
  }
});
