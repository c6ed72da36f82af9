/** Merges that need no process give the tree git gives: on random histories, alone and in chains. */
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openGit, type RealGit } from '../../../src/adapters/git/index.ts';
import type { AbsolutePath, CommitId } from '../../../src/core/ids.ts';
import type { MergeOutcome } from '../../../src/ports/git.ts';
import { randomFrom, writeRandomHistory } from '../../support/random-history.ts';
import { git, gitWith, temporaryFolder, TEST_ENV } from './real-world.ts';

let folder = '';
let port: RealGit | null = null;
afterEach(async () => {
  await port?.settled();
  port?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function open(seed: number): Promise<readonly CommitId[]> {
  folder = await temporaryFolder();
  const root = join(folder, 'repo');
  mkdirSync(root);
  writeRandomHistory(root, TEST_ENV, { seed, commits: 10 });
  await git(root, 'reset', '-q', '--hard', 'main');
  const rows = await git(root, 'for-each-ref', '--format=%(objectname)', 'refs/heads/t*');
  const state = join(folder, 'state') as AbsolutePath;
  port = await openGit({ userRepository: root as AbsolutePath, stateDir: state, failpoint: async () => {} });
  return rows.split('\n') as CommitId[];
}

/** What git itself makes of it: a tree, `conflict`, or `contained`. */
async function gitSays(onto: CommitId, head: CommitId): Promise<string> {
  const control = join(folder, 'state', 'control.git');
  const here = { GIT_DIR: control };
  try {
    await gitWith(here, folder, 'merge-base', '--is-ancestor', head, onto);
    return 'contained';
  } catch {
    // Not an ancestor.
  }
  try {
    return await gitWith(here, folder, 'merge-tree', '--write-tree', onto, head);
  } catch {
    return 'conflict';
  }
}

function said(outcome: MergeOutcome): string {
  if (outcome.kind === 'merged') return outcome.tree;
  return outcome.kind === 'conflicted' ? 'conflict' : 'contained';
}

test.each([3, 52])('of history %i, every pair and many chains', { timeout: 240_000 }, async (seed) => {
  const tips = await open(seed);
  const random = randomFrom(seed + 1);
  const merge = (onto: CommitId, head: CommitId): Promise<MergeOutcome> => {
    if (port === null) throw new Error('no port');
    return port.merge({ onto, head, strategy: 'merge', message: 'm', dateMs: 0 });
  };
  const differing: string[] = [];
  for (let chain = 0; chain < 12; chain += 1) {
    let onto = tips[random(tips.length)] as CommitId;
    for (let length = 0; length < 4; length += 1) {
      const head = tips[random(tips.length)] as CommitId;
      const outcome = await merge(onto, head);
      const expected = await gitSays(onto, head);
      if (said(outcome) !== expected)
        differing.push(`${onto} + ${head}: ${said(outcome)} instead of ${expected}`);
      if (outcome.kind === 'merged') onto = outcome.commit;
    }
  }
  expect(differing).toEqual([]);
});
