import { expect, test } from 'vitest';
import type { ChangeId, RepoPath } from '../ids.ts';
import type { ChangeState } from '../run/state.ts';
import { areasOf } from './queue-areas.ts';

/** Ten waiting changes, each with a file of its own in `changes/`, the first `hot` of them also with one in `hot/`. */
function areasWith(hot: number): readonly (readonly string[])[] {
  const changes = Array.from({ length: 10 }, (_, at) => {
    const paths = [`changes/${at}.json`, ...(at < hot ? [`hot/${at}.txt`] : [])] as RepoPath[];
    return { id: `c${at}` as ChangeId, paths } as unknown as ChangeState;
  });
  return [...areasOf(changes, () => true).values()];
}

const shared = (one: readonly string[] = [], other: readonly string[] = []): readonly string[] =>
  one.filter((area) => other.includes(area));

test.each([3, 7, 9])('a folder that %i of ten changes touch is common ground of those alone', (hot) => {
  const areas = areasWith(hot);
  expect(shared(areas[0], areas[1])).toHaveLength(1);
  expect(shared(areas[0], areas[9])).toEqual([]);
});

test('a folder that all touch says nothing', () => {
  const areas = areasWith(10);
  expect(shared(areas[0], areas[1])).toEqual([]);
});
