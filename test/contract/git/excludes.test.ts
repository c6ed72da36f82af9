/** Files that the user's own global patterns ignore are nobody's work. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkspaceSpec } from '../../../src/ports/git.ts';
import { git, realWorld, temporaryFolder, writeFiles, type RealWorld } from './real-world.ts';

let world: RealWorld;
let home: string;
let spec: WorkspaceSpec;
beforeEach(async () => {
  home = await temporaryFolder();
  world = await realWorld();
  spec = world.spec('one');
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', undefined);
  vi.stubEnv('GIT_CONFIG_GLOBAL', undefined);
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.dispose();
});

/** Captured paths when everything below lies in a workspace of a port opened now. */
async function capturedPaths(): Promise<readonly string[]> {
  const port = await world.reopen();
  await port.provision(spec);
  await writeFiles(spec.path, { '.DS_Store': 'x', 'notes.swp': 'x', 'work.txt': 'x', 'dir/.DS_Store': 'x' });
  return (await port.capture(spec, 'refs/copse/salvage/one/1', 'salvage')).dirtyPaths;
}

const ALL = ['.DS_Store', 'dir/.DS_Store', 'notes.swp', 'work.txt'];

describe('the global excludes file', () => {
  test('counts where git looks without being told', async () => {
    await writeFiles(home, { '.config/git/ignore': '.DS_Store\n*.swp' });
    expect(await capturedPaths()).toEqual(['work.txt']);
  });

  test('counts where the configuration says, through includes, a tilde and a link', async () => {
    await writeFiles(home, {
      '.gitconfig': '[include]\n\tpath = more.inc\n',
      'more.inc': '[core]\n\texcludesFile = ~/mine\n',
      'dotfiles/ignore': '\uFEFF.DS_Store\n',
      '.config/git/ignore': '*.swp\n',
    });
    await symlink(join(home, 'dotfiles', 'ignore'), join(home, 'mine'));
    expect(await capturedPaths()).toEqual(['notes.swp', 'work.txt']);
  });

  test('is overruled by the patterns of the repository', async () => {
    await writeFiles(home, { '.config/git/ignore': '.DS_Store\n*.swp\n' });
    await writeFile(join(world.root, '.git', 'info', 'exclude'), '!notes.swp\n');
    expect(await capturedPaths()).toEqual(['notes.swp', 'work.txt']);
  });

  test('does not hide a file that is tracked', async () => {
    await writeFiles(home, { '.config/git/ignore': 'a.txt\n' });
    const port = await world.reopen();
    await port.provision(spec);
    await world.write(spec, 'a.txt', 'changed\n');
    expect((await port.capture(spec, 'refs/copse/salvage/one/1', 'salvage')).dirtyPaths).toEqual(['a.txt']);
  });

  test('named by the repository, which agents can write, does not count', async () => {
    await writeFiles(home, { everything: '*\n' });
    await git(world.root, 'config', 'core.excludesFile', join(home, 'everything'));
    expect(await capturedPaths()).toEqual(ALL);
  });

  test.each([
    ['a folder', () => mkdir(join(home, '.config/git/ignore'), { recursive: true })],
    ['missing', () => writeFiles(home, { '.gitconfig': '[core]\n\texcludesFile = /nonexistent/x\n' })],
    ['larger than any list', () => writeFiles(home, { '.config/git/ignore': '.DS_Store\n'.repeat(200_000) })],
    ['behind a broken configuration', () => writeFiles(home, { '.gitconfig': '[core\n' })],
    ['a command', () => writeFiles(home, { '.gitconfig': '[core]\n\texcludesFile = "!touch ran"\n' })],
  ] as const)('is ignored when it is %s', async (_what, make) => {
    await make();
    expect(await capturedPaths()).toEqual(ALL);
  });
});
