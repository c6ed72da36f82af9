/**
 * mergiraf, where it is installed: called as git calls a merge driver, on the files in conflict only. It gets copies in a
 * folder of ours and an environment without the user's configuration; what it says is its exit code and the file it left.
 */
import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { contentOf, isFile } from './conflict-trees.ts';
import type { ConflictedPath, ConflictTrees } from './conflict-trees.ts';
import type { GitContext } from './context.ts';
import { composeEnvironment, userVariable } from './environment.ts';
import { removeTree } from './files.ts';
import { killGroup } from './run.ts';

const TOOL = 'mergiraf';
/** Of one file; a tool that takes longer is given up. */
const TIMEOUT_MS = 30_000;

/** Per path the merged content, null where it could not; or why it could not be asked at all. */
export async function mergeStructurally(
  context: GitContext,
  found: ConflictTrees,
): Promise<readonly (Buffer | null)[] | string> {
  const tool = await findTool();
  if (tool === null) return `${TOOL} is not installed`;
  const contents: (Buffer | null)[] = [];
  for (const one of found.paths) contents.push(await mergeOne(context, tool, one));
  return contents;
}

async function findTool(): Promise<string | null> {
  for (const folder of userVariable('PATH').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, TOOL);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

async function mergeOne(context: GitContext, tool: string, one: ConflictedPath): Promise<Buffer | null> {
  if (!isFile(one.ours) || !isFile(one.theirs)) return null;
  const folder = await mkdtemp(join(context.places.state, 'tmp', 'structural-'));
  try {
    // The tool knows the language by the name.
    const name = basename(one.path);
    const file = (side: string) => join(folder, side, name);
    for (const side of ['base', 'ours', 'theirs'] as const) {
      await mkdir(join(folder, side));
      await writeFile(file(side), await contentOf(context, one[side]));
    }
    const sides = [file('base'), file('ours'), file('theirs')];
    const labels = ['-s', 'base', '-x', 'ours', '-y', 'theirs', '-p', one.path];
    const code = await run(context, tool, ['merge', '--git', ...sides, ...labels], folder);
    return code === 0 ? await readFile(file('ours')) : null;
  } finally {
    await removeTree(folder);
  }
}

/** null when it did not start, was killed, or took too long. */
function run(
  context: GitContext,
  tool: string,
  args: readonly string[],
  folder: string,
): Promise<number | null> {
  const { state } = context.places;
  const env = composeEnvironment({ path: userVariable('PATH'), home: join(state, 'home'), tmp: folder });
  return new Promise((resolve) => {
    const child = spawn(tool, [...args], { cwd: folder, env, stdio: 'ignore', detached: true });
    const timer = setTimeout(() => killGroup(child), TIMEOUT_MS);
    const end = (code: number | null): void => {
      clearTimeout(timer);
      resolve(code);
    };
    child.on('error', () => end(null));
    child.on('close', (code) => end(code));
  });
}
