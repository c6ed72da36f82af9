/** Makes and opens the git directories of the state folder: control, view, lens. */
import { userVariable } from './environment.ts';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity, Places } from './context.ts';
import type { UserRepository } from './discover.ts';
import { refreshExcludes, userConfigEnvironment } from './excludes.ts';
import { GitFailure } from './failure.ts';
import { bytesIfThere, readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { adoptObjects } from './object-store.ts';
import type { GitRunner } from './run.ts';

/** Tries at a consistent copy while the user's repository repacks itself. */
const ADOPT_TRIES = 5;

/** Idempotent; a control repository that was being made when the process died is made again. */
export async function openPlaces(git: GitRunner, user: UserRepository, state: string): Promise<Places> {
  const places = {
    state,
    control: join(state, 'control.git'),
    view: join(state, 'view.git'),
    lens: join(state, 'lens.git'),
  };
  await makeView(user, places.view);
  await writeGitDir(places.lens, user);
  await mkdir(join(places.lens, 'objects'), { recursive: true });
  if ((await statIfThere(places.control)) === null) await makeControl(git, user, places);
  await refreshExcludes(git, user, places.control);
  return places;
}

async function makeView(user: UserRepository, view: string): Promise<void> {
  await writeGitDir(view, user);
  // Entries other than HEAD and config point at the user's data, the same way as git's own contrib/git-new-workdir.
  for (const name of ['objects', 'refs', 'logs', 'packed-refs', 'shallow']) {
    const path = join(view, name);
    const stat = await statIfThere(path);
    if (stat !== null && !stat.isSymbolicLink()) await removeTree(path);
    else if (stat !== null) await rm(path);
    await symlink(join(user.commonDir, name), path);
  }
  await mkdir(join(user.commonDir, 'logs'), { recursive: true });
}

async function writeGitDir(path: string, user: UserRepository): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if ((await statIfThere(join(path, 'refs'))) === null) await mkdir(join(path, 'refs'), { recursive: true });
  // Never a branch of the user's: `HEAD` of these directories means nothing.
  await writeWhole(join(path, 'HEAD'), 'ref: refs/heads/copse-none\n');
  await writeWhole(join(path, 'config'), configText(user));
}

/** Whole configuration of a repository of ours. */
export function configText(user: UserRepository, extra: readonly string[] = []): string {
  const core = Object.entries(user.safeConfig).map(
    ([key, value]) => `\t${key.slice('core.'.length)} = ${value}`,
  );
  return [
    '[core]',
    `\trepositoryformatversion = ${user.objectFormat === 'sha256' ? 1 : 0}`,
    '\tbare = true',
    '\tlogallrefupdates = true',
    '\tsafecrlf = false',
    ...core,
    '[gc]',
    '\tauto = 0',
    '\tpruneExpire = never',
    ...(user.objectFormat === 'sha256' ? ['[extensions]', '\tobjectformat = sha256'] : []),
    ...extra,
    '',
  ].join('\n');
}

async function makeControl(git: GitRunner, user: UserRepository, places: Places): Promise<void> {
  const making = `${places.control}.making`;
  await removeTree(making);
  await mkdir(join(making, 'refs'), { recursive: true, mode: 0o700 });
  await mkdir(join(making, 'objects'));
  await writeWhole(join(making, 'HEAD'), 'ref: refs/heads/copse-none\n');
  await writeWhole(join(making, 'config'), configText(user));
  const shallow = await bytesIfThere(join(user.commonDir, 'shallow'));
  if (shallow !== null) await writeWhole(join(making, 'shallow'), shallow);
  for (let tries = 1; ; tries += 1) {
    const tips = await listTips(git, places.view);
    await adoptObjects(join(user.commonDir, 'objects'), join(making, 'objects'));
    const missing = await firstMissing(git, making, tips);
    if (missing === null) {
      await writeWhole(join(making, 'packed-refs'), mirrorRefs(tips));
      break;
    }
    if (tries >= ADOPT_TRIES) {
      throw new GitFailure('git-object-missing', `the repository lacks object ${missing} that a ref names`, {
        hint: 'run: git fsck',
      });
    }
  }
  await rename(making, places.control);
}

interface Tip {
  readonly ref: string;
  readonly oid: string;
}

async function listTips(git: GitRunner, view: string): Promise<readonly Tip[]> {
  const { stdout } = await git.run({
    label: 'list the refs',
    gitDir: view,
    args: ['for-each-ref', '--format=%(refname) %(objectname)'],
  });
  const lines = stdout.toString().split('\n').filter(Boolean);
  return lines.map((line) => ({
    ref: line.slice(0, line.indexOf(' ')),
    oid: line.slice(line.indexOf(' ') + 1),
  }));
}

async function firstMissing(git: GitRunner, gitDir: string, tips: readonly Tip[]): Promise<string | null> {
  const { stdout } = await git.run({
    label: 'check the copied objects',
    gitDir,
    args: ['cat-file', '--batch-check'],
    input: tips.map((tip) => `${tip.oid}\n`).join(''),
  });
  const missing = stdout
    .toString()
    .split('\n')
    .find((line) => line.endsWith(' missing'));
  return missing === undefined ? null : missing.slice(0, missing.indexOf(' '));
}

/** The user's refs at this moment, under `refs/mirror/`: what a destroyed repository is restored from. */
function mirrorRefs(tips: readonly Tip[]): string {
  const rows = tips.map((tip) => `${tip.oid} refs/mirror/${tip.ref.slice('refs/'.length)}`).toSorted(byName);
  return `# pack-refs with: sorted \n${rows.join('\n')}${rows.length > 0 ? '\n' : ''}`;
}

function byName(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a.slice(a.indexOf(' '))), Buffer.from(b.slice(b.indexOf(' '))));
}

/** Who commits made by Copse carry: the user as configured when the state folder was made, so that ids stay reproducible. */
export async function openIdentity(git: GitRunner, user: UserRepository, state: string): Promise<Identity> {
  const path = join(state, 'identity.json');
  const stored = await readIfThere(path);
  if (stored !== null) return JSON.parse(stored) as Identity;
  const value = async (key: string, fallback: string) => {
    const { stdout } = await git.run({
      label: 'read the user name',
      gitDir: null,
      cwd: user.root,
      args: ['config', '--get', key],
      // The user's own files, for this one question; reading configuration runs nothing.
      env: userConfigEnvironment(),
      ok: [0, 1],
    });
    return (
      stdout
        .toString()
        .replace(/[<>\n\0]/g, '')
        .trim() || fallback
    );
  };
  const identity = {
    name: userVariable('GIT_COMMITTER_NAME').replace(/[<>\n]/g, '') || (await value('user.name', 'Copse')),
    email:
      userVariable('GIT_COMMITTER_EMAIL').replace(/[<>\n]/g, '') ||
      (await value('user.email', 'copse@localhost')),
  };
  await writeWhole(path, JSON.stringify(identity));
  return identity;
}

/** Left-overs of a process that died: temporary folders of ours in the state folder. */
export async function sweepState(state: string): Promise<void> {
  const folder = join(state, 'tmp');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) await removeTree(join(folder, name));
}
