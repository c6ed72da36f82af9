/** After an agent's own commits a workspace is clean, or not, by what its files hold, whatever the commits changed. */
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, realWorld, type RealWorld } from './real-world.ts';

let world: RealWorld;
let spec: WorkspaceSpec;
beforeEach(async () => {
  world = await realWorld();
  spec = world.spec('one');
  await world.git.provision(spec);
  await write('edited.txt', 'first\n');
  await write('gone.txt', 'first\n');
  await write('tool.sh', 'first\n');
  await symlink('edited.txt', inside('link'));
  await commitAll('files');
  // The kept index stands for the base still: everything above is between it and the head.
  await write('edited.txt', 'second\n');
  await rm(inside('gone.txt'));
  await write('folder/new.txt', 'new\n');
  await commitAll('more');
});
afterEach(() => world.dispose());

const inside = (path: string): string => join(spec.path, path);

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(inside(path), '..'), { recursive: true });
  await writeFile(inside(path), text);
}

async function commitAll(message: string): Promise<void> {
  await git(spec.path, 'add', '-A', '-f');
  await git(spec.path, 'commit', '-q', '-m', message);
}

async function dirty(): Promise<readonly string[] | null> {
  const captured = await world.git.capture(spec, 'refs/copse/salvage/one/1', 'x');
  return captured.isDirty ? captured.dirtyPaths : null;
}

describe('after commits of an agent', () => {
  test('a workspace without other changes is clean, however often it is asked', async () => {
    expect(await dirty()).toBeNull();
    expect(await dirty()).toBeNull();
  });

  const changes: readonly (readonly [string, () => Promise<void>, readonly string[]])[] = [
    ['an edit of a committed file', () => write('edited.txt', 'third\n'), ['edited.txt']],
    ['an edit back to the base', () => write('edited.txt', 'first\n'), ['edited.txt']],
    ['a deleted file that is there again', () => write('gone.txt', 'first\n'), ['gone.txt']],
    ['a committed file that is deleted', () => rm(inside('folder/new.txt')), ['folder/new.txt']],
    ['a changed mode', () => chmod(inside('tool.sh'), 0o755), ['tool.sh']],
    [
      'a link that leads elsewhere',
      async () => {
        await rm(inside('link'));
        await symlink('tool.sh', inside('link'));
      },
      ['link'],
    ],
    [
      'a file in the place of a link',
      async () => {
        await rm(inside('link'));
        await write('link', 'edited.txt');
      },
      ['link'],
    ],
    [
      'a folder in the place of a file',
      async () => {
        await rm(inside('tool.sh'));
        await write('tool.sh/inner.txt', 'x\n');
      },
      ['tool.sh', 'tool.sh/inner.txt'],
    ],
    ['an untracked file', () => write('other.txt', 'x\n'), ['other.txt']],
    ['an edit of a file that no commit touched', () => write('a.txt', 'x\n'), ['a.txt']],
  ];
  test.each(changes)('%s is captured', async (_, change, paths) => {
    await change();
    expect(await dirty()).toEqual(paths);
  });

  test('line ends that a checkout would convert are no change', async () => {
    await write('.gitattributes', '*.txt text\n');
    await write('crlf.txt', 'one\r\ntwo\r\n');
    await commitAll('converted');
    expect(await dirty()).toBeNull();
  });
});
