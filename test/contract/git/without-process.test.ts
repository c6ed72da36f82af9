/** What is read from commits and trees without a process is what git tells: on random histories, with odd clocks too. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { meetingOf } from '../../../src/adapters/git/commit-walk.ts';
import type { GitContext } from '../../../src/adapters/git/context.ts';
import { ObjectCache } from '../../../src/adapters/git/object-cache.ts';
import { ObjectReader } from '../../../src/adapters/git/reader.ts';
import { createRunner } from '../../../src/adapters/git/run.ts';
import { diffTrees } from '../../../src/adapters/git/tree-diff.ts';
import type { CommitId } from '../../../src/core/ids.ts';
import { randomFrom, writeRandomHistory } from '../../support/random-history.ts';
import { temporaryFolder, TEST_ENV } from './real-world.ts';

let folder = '';
let reader: ObjectReader | null = null;
afterEach(async () => {
  reader?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const SEEDS = [11, 12, 13] as const;

async function open(seed: number): Promise<{ readonly root: string; readonly reader: ObjectReader }> {
  folder = await temporaryFolder();
  const root = join(folder, 'repo');
  mkdirSync(root);
  writeRandomHistory(root, TEST_ENV, { seed, commits: 24, clock: seed % 2 === 0 ? 'one second' : 'forward' });
  reader = new ObjectReader(createRunner(TEST_ENV), join(root, '.git'), new ObjectCache());
  return { root, reader };
}

function git(root: string, ...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, env: TEST_ENV, encoding: 'utf8' });
  } catch {
    return '';
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);

test.each(SEEDS)('how any two commits of history %i meet', { timeout: 120_000 }, async (seed) => {
  const { root, reader: objects } = await open(seed);
  const tips = linesOf(git(root, 'for-each-ref', '--format=%(objectname)', 'refs/heads/t*')) as CommitId[];
  const random = randomFrom(seed);
  let answered = 0;
  for (let count = 0; count < 40; count += 1) {
    const [one, other] = [tips[random(tips.length)], tips[random(tips.length)]] as [CommitId, CommitId];
    const bases = linesOf(git(root, 'merge-base', '--all', one, other));
    const meeting = await meetingOf(objects, one, other);
    if (meeting === null) {
      expect(bases.length).toBeGreaterThan(1);
      continue;
    }
    answered += 1;
    expect([...meeting.bases]).toEqual(bases);
    const own = linesOf(git(root, 'rev-list', '--topo-order', other, `^${one}`));
    expect([...meeting.own].toSorted()).toEqual(own.toSorted());
    // Each before its parents.
    const place = new Map(meeting.own.map((id, at) => [id as string, at]));
    for (const id of meeting.own) {
      for (const parent of git(root, 'rev-parse', `${id}^@`).split('\n'))
        expect(place.get(parent) ?? Infinity).toBeGreaterThan(place.get(id) ?? -1);
    }
  }
  expect(answered).toBeGreaterThan(20);
});

test.each(SEEDS)('what differs between any two trees of history %i', { timeout: 120_000 }, async (seed) => {
  const { root, reader: objects } = await open(seed);
  const tips = linesOf(git(root, 'for-each-ref', '--format=%(objectname)', 'refs/heads/t*'));
  const random = randomFrom(seed + 7);
  const context = { controlReader: objects } as unknown as GitContext;
  for (let count = 0; count < 30; count += 1) {
    const [one = '', other = ''] = [tips[random(tips.length)], tips[random(tips.length)]];
    const trees = [one, other].map((tip) => git(root, 'rev-parse', `${tip}^{tree}`).trim());
    const told = await diffTrees(context, trees[0] ?? '', trees[1] ?? '');
    const rows = git(root, 'diff-tree', '-r', '-z', '--raw', '--no-renames', one, other).split('\0');
    const expected: string[] = [];
    for (let at = 0; at + 1 < rows.length; at += 2) expected.push(`${rows[at]} ${rows[at + 1]}`);
    const letters = { added: 'A', modified: 'M', deleted: 'D', 'type-changed': 'T' };
    const zero = '0'.repeat(40);
    expect(
      told?.map(
        ({ bytes, oldMode, newMode, oldId, newId, status }) =>
          `:${oldMode} ${newMode} ${oldId || zero} ${newId || zero} ${letters[status]} ${bytes.toString()}`,
      ),
    ).toEqual(expected);
  }
});
