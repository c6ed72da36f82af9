/** Files and an index written without a process are those that `git read-tree` writes, or nothing was touched. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { GitContext } from '../../../src/adapters/git/context.ts';
import { ObjectReader } from '../../../src/adapters/git/reader.ts';
import { createRunner } from '../../../src/adapters/git/run.ts';
import { moveFewFiles } from '../../../src/adapters/git/move-few-files.ts';
import type { CommitId } from '../../../src/core/ids.ts';
import { randomFrom, writeRandomHistory } from '../../support/random-history.ts';
import { temporaryFolder, TEST_ENV } from './real-world.ts';

interface Slot {
  readonly root: string;
  readonly tree: string;
  readonly index: string;
  readonly context: GitContext;
  /** Of the repository. */
  readonly git: (...args: readonly string[]) => string;
  /** In the slot, with its index. */
  readonly inSlot: (...args: readonly string[]) => string;
}

const nothingMore = (): void => undefined;

let folder = '';
let reader: ObjectReader | null = null;
afterEach(async () => {
  reader?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function open(root: string, safeConfig: Readonly<Record<string, string>> = {}): Slot {
  reader = new ObjectReader(createRunner(TEST_ENV), join(root, '.git'));
  const [tree, index] = [join(folder, 'tree'), join(folder, 'index')];
  mkdirSync(tree, { recursive: true });
  const run = (cwd: string, env: Readonly<Record<string, string>>, args: readonly string[]): string =>
    execFileSync('git', args, { cwd, env: { ...TEST_ENV, ...env }, encoding: 'utf8', stdio: 'pipe' }).trim();
  return {
    root,
    tree,
    index,
    context: { controlReader: reader, user: { safeConfig } } as unknown as GitContext,
    git: (...args) => run(root, {}, args),
    inSlot: (...args) =>
      run(tree, { GIT_DIR: join(root, '.git'), GIT_WORK_TREE: tree, GIT_INDEX_FILE: index }, args),
  };
}

/** What is in the slot is the commit, and git need not look into a file to know it. */
function expectHolds({ git, inSlot }: Slot, commit: string): void {
  const rows = git('ls-tree', '-r', commit).split('\n').filter(Boolean);
  const stages = rows.map((row) => row.replace(/^(\d+) \w+ (\w+)\t/, '$1 $2 0\t'));
  expect(inSlot('ls-files', '--stage').split('\n').filter(Boolean)).toEqual(stages);
  expect(inSlot('diff-files')).toBe('');
  expect(inSlot('ls-files', '-t', '-m', '-d', '-o', '--directory')).toBe('');
  expect(inSlot('write-tree')).toBe(git('rev-parse', `${commit}^{tree}`));
  // Checks the index's own sum.
  inSlot('fsck', '--no-dangling', '--cache');
}

test.each([21, 22, 23, 24])('walks through history %i, as git would', { timeout: 120_000 }, async (seed) => {
  folder = await temporaryFolder();
  const root = join(folder, 'repo');
  writeRandomHistory(root, TEST_ENV, { seed, commits: 30 });
  const slot = open(root);
  const tips = slot.git('for-each-ref', '--format=%(objectname)', 'refs/heads/t*').split('\n');
  const random = randomFrom(seed);
  let from = tips[0] as CommitId;
  slot.inSlot('read-tree', '--reset', '-u', from);
  const outcomes = new Map<string, number>();
  for (let count = 0; count < 30; count += 1) {
    const to = tips[random(tips.length)] as CommitId;
    const outcome = await moveFewFiles(slot.context, slot, { from, to });
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (outcome === 'declined') slot.inSlot('read-tree', '-u', '-m', from, to);
    expectHolds(slot, to);
    from = to;
  }
  expect(outcomes.get('broken') ?? 0).toBe(0);
  expect(outcomes.get('moved') ?? 0).toBeGreaterThan(10);
});

describe('between two commits', () => {
  async function prepare(
    files: Readonly<Record<string, string | null>>,
    options: {
      readonly first?: Readonly<Record<string, string>>;
      readonly config?: Readonly<Record<string, string>>;
      readonly initArgs?: readonly string[];
      readonly second?: (root: string) => void;
    } = {},
  ): Promise<Slot & { readonly from: CommitId; readonly to: CommitId }> {
    folder = await temporaryFolder();
    const root = join(folder, 'repo');
    mkdirSync(root);
    const slot = open(root, options.config);
    slot.git('init', '-q', ...(options.initArgs ?? []));
    const put = (all: Readonly<Record<string, string | null>>): void => {
      for (const [path, text] of Object.entries(all)) {
        mkdirSync(join(root, path, '..'), { recursive: true });
        if (text === null) rmSync(join(root, path), { recursive: true });
        else writeFileSync(join(root, path), text);
      }
    };
    const commit = (): CommitId => {
      slot.git('add', '-A');
      slot.git('commit', '-q', '-m', 'x', '--allow-empty');
      return slot.git('rev-parse', 'HEAD') as CommitId;
    };
    put({ 'a.txt': 'one\n', 'sub/b.txt': 'one\n', ...options.first });
    const from = commit();
    put(files);
    options.second?.(root);
    const to = commit();
    slot.inSlot('read-tree', '--reset', '-u', from);
    return { ...slot, from, to };
  }

  test.each(['sha1', 'sha256'])('keeps the executable bit and empty files (%s)', async (format) => {
    const slot = await prepare(
      { 'a.txt': '', 'sub/b.txt': null, 'new/run.sh': '#!/bin/sh\n' },
      {
        initArgs: [`--object-format=${format}`],
        second: (root) => {
          chmodSync(join(root, 'new/run.sh'), 0o755);
        },
      },
    );
    expect(await moveFewFiles(slot.context, slot, slot)).toBe('moved');
    expectHolds(slot, slot.to);
    expect(await moveFewFiles(slot.context, slot, { from: slot.to, to: slot.from })).toBe('moved');
    expectHolds(slot, slot.from);
  });

  test('goes on where attributes leave bytes alone', async () => {
    const attributes =
      '# text\n* text=auto\n*.png binary\n*.ts diff=typescript linguist-language=TypeScript\n';
    const slot = await prepare({ 'a.txt': 'two\n' }, { first: { '.gitattributes': attributes } });
    expect(await moveFewFiles(slot.context, slot, slot)).toBe('moved');
    expectHolds(slot, slot.to);
  });

  test.each([
    ['line ends', '* eol=crlf\n'],
    ['a filter', '*.bin filter=lfs diff=lfs merge=lfs -text\n'],
    ['an encoding', '*.csv text working-tree-encoding=UTF-16\n'],
    ['identifiers', 'sub/* ident\n'],
    ['a macro', '[attr]strange filter=x\n'],
    ['a quoted pattern', '"a b" ident\n'],
  ])('declines where attributes ask for %s', async (_, attributes) => {
    const slot = await prepare({ 'a.txt': 'two\n' }, { first: { 'sub/.gitattributes': attributes } });
    await expectDeclined(slot);
  });

  test.each([
    ['core.autocrlf', 'true'],
    ['core.eol', 'crlf'],
    ['core.ignorecase', 'true'],
  ])('declines under %s = %s', async (key, value) => {
    await expectDeclined(await prepare({ 'a.txt': 'two\n' }, { config: { [key]: value } }));
  });

  test.each<readonly [string, Readonly<Record<string, string>>, (root: string) => void]>([
    ['new attributes', { '.gitattributes': '* text=auto\n' }, nothingMore],
    ['a link', {}, (root) => symlinkSync('a.txt', join(root, 'link'))],
    ['a name with more than one spelling', { 'ü.txt': 'x\n' }, nothingMore],
    ['many files', Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`f${at}`, 'x\n'])), nothingMore],
    ['a large file', { 'large.txt': 'x'.repeat(2 * 1024 * 1024 + 1) }, nothingMore],
  ])('declines %s', async (_, files, second) => {
    await expectDeclined(await prepare(files, { second }));
  });

  test.each<readonly [string, (tree: string) => void]>([
    ['a file that is not the one written', (tree) => writeFileSync(join(tree, 'a.txt'), 'own\n')],
    ['a file in the way', (tree) => writeFileSync(join(tree, 'new.txt'), 'in the way\n')],
    ['a folder in the way', (tree) => mkdirSync(join(tree, 'new.txt'))],
    [
      'a folder that became a link',
      (tree) => {
        renameSync(join(tree, 'sub'), join(tree, 'other'));
        symlinkSync('other', join(tree, 'sub'));
      },
    ],
    ['a file that is gone', (tree) => rmSync(join(tree, 'a.txt'))],
  ])('declines %s, and leaves it', async (_, meddle) => {
    const slot = await prepare({ 'a.txt': 'two\n', 'sub/b.txt': 'two\n', 'new.txt': 'new\n' });
    meddle(slot.tree);
    await expectDeclined(slot);
  });

  async function expectDeclined(slot: Awaited<ReturnType<typeof prepare>>): Promise<void> {
    const state = (): string =>
      [slot.inSlot('ls-files', '-t', '-m', '-d', '-o'), slot.inSlot('diff', '-R', '--no-ext-diff')].join(
        '\n',
      );
    const before = [state(), readFileSync(slot.index).toString('hex')];
    expect(await moveFewFiles(slot.context, slot, slot)).toBe('declined');
    expect([state(), readFileSync(slot.index).toString('hex')]).toEqual(before);
  }
});
