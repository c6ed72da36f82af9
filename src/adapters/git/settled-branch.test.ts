import { expect, test } from 'vitest';
import { settle, type BranchLook } from './settled-branch.ts';

const at = (value: string, logged: string, more: Partial<BranchLook> = {}): BranchLook => ({
  value,
  logged: ['old', logged],
  isOnBranch: true,
  isMoving: false,
  ...more,
});

/** The looks come in this order, the last one for ever; `waits` is how many pauses are allowed. */
async function settled(looks: readonly BranchLook[], waits = 10): Promise<BranchLook> {
  let taken = 0;
  let left = waits;
  return settle(() => Promise.resolve(looks[Math.min(taken++, looks.length - 1)] as BranchLook), {
    pauses: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1][Symbol.iterator](),
    pause: () => Promise.resolve(left-- > 0),
  });
}

test('a move that the log explains is believed at once', async () => {
  expect(await settled([at('b', 'b')])).toEqual(at('b', 'b'));
});

test('a branch whose file is in place before the log has its line is waited for', async () => {
  const halfway = at('b', 'a', { isMoving: true });
  expect(await settled([halfway, halfway, at('b', 'b')])).toEqual(at('b', 'b'));
});

test('a branch that went on between the reading of its value and of the log is read again', async () => {
  expect(await settled([at('a', 'b'), at('b', 'b')])).toEqual(at('b', 'b'));
});

test('a value that nobody logged and that stays is no move of its own checkout', async () => {
  expect(await settled([at('x', 'a')])).toEqual(at('x', 'a'));
});

test('a lock that stays ends the waiting', async () => {
  const locked = at('x', 'a', { isMoving: true });
  expect(await settled([locked], 3)).toEqual(locked);
});
