/**
 * Which repository a command works on, and where its state lies. Found by reading files alone, so that `status` starts at
 * once. The state folder is outside the repository; a pointer in the git common dir (`copse.json`) and a record in the
 * state folder (`repository.json`) share an id, so that both a moved repository and a copied one are told apart.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { AbsolutePath } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import type { Environment } from './style.ts';

export interface Place {
  /** Top of the checkout the command was started in. */
  readonly root: AbsolutePath;
  /** Top of the user's own checkout; differs from `root` inside a worktree that Copse made. */
  readonly repository: AbsolutePath;
  readonly commonDir: AbsolutePath;
  readonly state: AbsolutePath;
  /** The worktree was made by Copse for a task. */
  readonly isTaskWorktree: boolean;
}

interface Identity {
  readonly id: string;
  readonly path: string;
}

/** Failure `git-not-a-repository` when `from` is in none. Writes nothing. */
export function findPlace(from: string, env: Environment): Place {
  const found = findGitDir(from);
  if (found === null) {
    throw new Failure('git-not-a-repository', `${from} is not inside a git repository`, {
      hint: 'git init    # or: copse -C DIR …',
    });
  }
  const { root, gitDir } = found;
  const commonDir = commonDirOf(gitDir);
  const isTaskWorktree = /^copse-[0-9a-f]+$/.test(basename(gitDir)) && gitDir !== commonDir;
  const main = basename(commonDir) === '.git' ? dirname(commonDir) : root;
  return {
    root: root as AbsolutePath,
    repository: (isTaskWorktree ? main : root) as AbsolutePath,
    commonDir: commonDir as AbsolutePath,
    state: stateFolder(commonDir, main, env) as AbsolutePath,
    isTaskWorktree,
  };
}

/** Makes the state folder for this user alone and writes pointer and record. Idempotent. Failure `state-unwritable`. */
export function claimPlace(place: Place): Place {
  const { state, commonDir } = place;
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    if ((lstatSync(state).mode & 0o077) !== 0) chmodSync(state, 0o700);
    const record = readIdentity(recordFile(state));
    const pointer = readIdentity(pointerFile(commonDir));
    const id = record?.id ?? randomBytes(16).toString('hex');
    if (record?.path !== commonDir) writeIdentity(recordFile(state), { id, path: commonDir });
    if (pointer?.id !== id || pointer.path !== state)
      writeIdentity(pointerFile(commonDir), { id, path: state });
  } catch (cause) {
    throw new Failure('state-unwritable', `the state folder ${state} cannot be written`, { cause });
  }
  return place;
}

function stateFolder(commonDir: string, main: string, env: Environment): string {
  const pointer = readIdentity(pointerFile(commonDir));
  const key = createHash('sha256').update(commonDir).digest('hex').slice(0, 10);
  const name = `${
    basename(main)
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .slice(0, 40) || 'repository'
  }-${key}`;
  const wanted = env['COPSE_STATE_DIR'];
  if (wanted !== undefined && wanted !== '') {
    const folder = resolve(wanted);
    return isOurs(folder, commonDir, pointer) ? folder : join(folder, name);
  }
  if (pointer !== null && isAbsolute(pointer.path) && isOurs(pointer.path, commonDir, pointer)) {
    if (readIdentity(recordFile(pointer.path)) !== null) return pointer.path;
  }
  const xdg = env['XDG_STATE_HOME'];
  const home = env['HOME'] ?? homedir();
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'state');
  return join(base, 'copse', name);
}

/** A folder nobody recorded, one recorded for this path, or one whose repository was moved here. */
function isOurs(folder: string, commonDir: string, pointer: Identity | null): boolean {
  const record = readIdentity(recordFile(folder));
  if (record === null || record.path === commonDir) return true;
  if (pointer === null || record.id !== pointer.id) return false;
  // The place it was recorded for still says so: this repository is a copy of that one.
  return readIdentity(pointerFile(record.path))?.id !== record.id;
}

function findGitDir(from: string): { root: string; gitDir: string } | null {
  let folder: string;
  try {
    folder = realpathSync(from);
  } catch {
    return null;
  }
  for (;;) {
    const gitDir = gitDirAt(join(folder, '.git'));
    if (gitDir !== null) return { root: folder, gitDir };
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

function gitDirAt(path: string): string | null {
  try {
    if (lstatSync(path).isDirectory()) {
      lstatSync(join(path, 'HEAD'));
      return path;
    }
    const match = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'));
    return match?.[1] === undefined ? null : realpathSync(resolve(dirname(path), match[1].trim()));
  } catch {
    return null;
  }
}

function commonDirOf(gitDir: string): string {
  try {
    return realpathSync(resolve(gitDir, readFileSync(join(gitDir, 'commondir'), 'utf8').trim()));
  } catch {
    return gitDir;
  }
}

function pointerFile(commonDir: string): string {
  return join(commonDir, 'copse.json');
}

function recordFile(state: string): string {
  return join(state, 'repository.json');
}

function readIdentity(file: string): Identity | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Identity>;
    return typeof value.id === 'string' && typeof value.path === 'string'
      ? { id: value.id, path: value.path }
      : null;
  } catch {
    return null;
  }
}

function writeIdentity(file: string, identity: Identity): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}
