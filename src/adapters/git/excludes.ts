/**
 * Patterns of files the user never wants in a commit, kept outside of any tree: the global excludes file and the
 * repository's own. Copied, so that an agent that edits the originals hides nothing from us.
 */
import { userVariable, userVariableIfSet } from './environment.ts';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { UserRepository } from './discover.ts';
import { isErrno } from './failure.ts';
import { readIfThere, writeWhole } from './files.ts';
import type { GitRunner } from './run.ts';

/** Larger files are no list of patterns. */
const MAX_BYTES = 1024 * 1024;

/** Into `info/exclude` of control. The repository's own come last there: in git too they win over the global ones. */
export async function refreshExcludes(git: GitRunner, user: UserRepository, control: string): Promise<void> {
  const path = join(control, 'info', 'exclude');
  const parts = [
    await patternsOf(await globalExcludesFile(git, user)),
    await patternsOf(join(user.commonDir, 'info', 'exclude')),
  ];
  const text = parts.join('');
  if ((await readIfThere(path)) !== text) await writeWhole(path, text);
}

/** The environment in which git finds the user's own configuration; asking for a value of it runs nothing. */
export function userConfigEnvironment(): Record<string, string> {
  const home = userVariableIfSet('HOME');
  const xdg = userVariableIfSet('XDG_CONFIG_HOME');
  const set = userVariableIfSet('GIT_CONFIG_GLOBAL');
  const config = set ?? (home === undefined ? undefined : join(home, '.gitconfig'));
  return {
    HOME: home ?? '',
    XDG_CONFIG_HOME: xdg ?? '',
    ...(config === undefined ? {} : { GIT_CONFIG_GLOBAL: config }),
  };
}

/** From the user's and the system's configuration; one that the repository names is shared with agents and does not count. */
async function globalExcludesFile(git: GitRunner, user: UserRepository): Promise<string | null> {
  const home = userVariable('HOME');
  const xdg = userVariable('XDG_CONFIG_HOME');
  const set = userVariableIfSet('GIT_CONFIG_GLOBAL');
  const base = xdg === '' ? join(home, '.config') : xdg;
  // Without GIT_CONFIG_GLOBAL git reads both files; the second one named wins.
  const files = set === undefined ? [join(base, 'git', 'config'), join(home, '.gitconfig')] : [set];
  const noSystem = userVariableIfSet('GIT_CONFIG_NOSYSTEM') ?? '0';
  const asked = [{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: noSystem }].concat(
    files.map((file) => ({ GIT_CONFIG_GLOBAL: file, GIT_CONFIG_NOSYSTEM: '1' })),
  );
  const answers = await Promise.all(asked.map((env) => askedFor(git, user, { HOME: home, ...env })));
  const found = answers.findLast((answer) => answer !== null) ?? null;
  if (found === null && home === '' && xdg === '') return null;
  const path = found ?? join(base, 'git', 'ignore');
  return isAbsolute(path) ? path : null;
}

async function askedFor(
  git: GitRunner,
  user: UserRepository,
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const { stdout } = await git.run({
    label: 'read the name of the global excludes file',
    gitDir: null,
    cwd: user.root,
    args: ['config', '--show-scope', '-z', '--type=path', '--get-all', 'core.excludesFile'],
    env,
    // 1: not set. 128: a configuration that git cannot read; its patterns are then unknown, as they are to git.
    ok: [0, 1, 128],
  });
  const parts = stdout.toString().split('\0');
  let found: string | null = null;
  for (let at = 0; at + 1 < parts.length; at += 2) {
    if (parts[at] === 'global' || parts[at] === 'system') found = parts[at + 1] ?? null;
  }
  return found;
}

/** Whole lines; nothing when there is no such plain file. Links are followed: many keep their settings in another folder. */
async function patternsOf(path: string | null): Promise<string> {
  if (path === null) return '';
  try {
    const file = await stat(path);
    if (!file.isFile() || file.size > MAX_BYTES) return '';
    const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
    return text === '' || text.endsWith('\n') ? text : `${text}\n`;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return '';
    throw error;
  }
}
