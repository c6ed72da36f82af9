import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWatch } from '../../src/adapters/watch/open-watch.ts';
import type { AbsolutePath } from '../../src/core/ids.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'copse-watch-')));
  mkdirSync(join(root, 'src/deep'), { recursive: true });
  mkdirSync(join(root, '.git'));
  writeFileSync(join(root, 'src/deep/a.txt'), 'a\n');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Resolves at the next change after `act`. */
class Changes {
  count = 0;
  #wake: () => void = () => undefined;
  readonly note = (): void => {
    this.count += 1;
    this.#wake();
  };

  async after(act: () => void): Promise<void> {
    const next = new Promise<void>((resolve) => (this.#wake = resolve));
    act();
    await next;
  }
}

describe('a watched folder', () => {
  test('tells of writes, new files, removals and renames, however deep', async () => {
    const changes = new Changes();
    const watch = await openWatch().watch(root as AbsolutePath, changes.note);
    expect(watch).not.toBeNull();
    await changes.after(() => {
      writeFileSync(join(root, 'src/deep/a.txt'), 'b\n');
    });
    await changes.after(() => {
      writeFileSync(join(root, 'src/deep/new.txt'), 'new\n');
    });
    await changes.after(() => {
      renameSync(join(root, 'src/deep/new.txt'), join(root, 'src/deep/old.txt'));
    });
    await changes.after(() => {
      rmSync(join(root, 'src/deep/old.txt'));
    });
    watch?.close();
  });

  test('tells of what happens in folders that were made or moved there later', async () => {
    const changes = new Changes();
    const watch = await openWatch().watch(root as AbsolutePath, changes.note);
    await changes.after(() => {
      mkdirSync(join(root, 'made/below'), { recursive: true });
    });
    // Each round may still be told of the round before: what counts is that the last write is told of at all.
    for (let round = 0; round < 20; round += 1) {
      await changes.after(() => {
        writeFileSync(join(root, 'made/below/c.txt'), `${round}\n`);
        writeFileSync(join(root, 'src/deep/a.txt'), `${round}\n`);
      });
    }
    await changes.after(() => {
      renameSync(join(root, 'made'), join(root, 'moved'));
    });
    for (let before = -1; before !== changes.count;) {
      before = changes.count;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await changes.after(() => {
      writeFileSync(join(root, 'moved/below/c.txt'), 'after\n');
    });
    watch?.close();
  });

  test('with more folders than a watch may cost is not watched', async () => {
    const few = openWatch({ platform: 'linux', maxFolders: 2 });
    expect(await few.watch(root as AbsolutePath, () => undefined)).toBeNull();
    const shared = openWatch({ platform: 'linux', maxAllFolders: 4 });
    const first = await shared.watch(root as AbsolutePath, () => undefined);
    expect(first).not.toBeNull();
    expect(await shared.watch(root as AbsolutePath, () => undefined)).toBeNull();
    first?.close();
    const again = await shared.watch(root as AbsolutePath, () => undefined);
    expect(again).not.toBeNull();
    again?.close();
  });
});
