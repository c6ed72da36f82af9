/** Reading commits of the user's repository and of control alike, for questions: nothing is transferred and nothing kept. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitContext } from './context.ts';
import { isErrno } from './failure.ts';
import { entriesOf, removeTree, statIfThere } from './files.ts';
import { newNonce } from './ownership.ts';
import type { GitCall } from './run.ts';

export type Reach = Pick<GitCall, 'gitDir' | 'objectDir' | 'shallowFile' | 'env'>;

/** Runs `work` with all object stores in reach; what git writes meanwhile goes to a folder that is removed after. */
export async function withReach<T>(context: GitContext, work: (reach: Reach) => Promise<T>): Promise<T> {
  const { control, state } = context.places;
  const { commonDir } = context.user;
  await sweepScratch(context);
  const scratch = join(state, 'scratch', `${process.pid}-${newNonce()}`);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const shallow = join(commonDir, 'shallow');
  const looks = lookObjects(context);
  const isLooked = (await statIfThere(looks)) !== null;
  const stores = [join(control, 'objects'), join(commonDir, 'objects'), ...(isLooked ? [looks] : [])];
  const reach: Reach = {
    gitDir: control,
    objectDir: scratch,
    env: alternates(stores),
    ...((await statIfThere(shallow)) === null ? {} : { shallowFile: shallow }),
  };
  try {
    return await work(reach);
  } finally {
    await removeTree(scratch);
  }
}

/** Objects of uncommitted work as it was when somebody looked. Never in control: one look in seconds would fill it. */
export function lookObjects(context: GitContext): string {
  return join(context.places.state, 'look', 'objects');
}

export function alternates(stores: readonly string[]): Readonly<Record<string, string>> {
  return { GIT_ALTERNATE_OBJECT_DIRECTORIES: stores.map(quoted).join(':') };
}

/** Folders of processes that died. Named by process, because several share a state folder. */
async function sweepScratch(context: GitContext): Promise<void> {
  const folder = join(context.places.state, 'scratch');
  for (const { name } of await entriesOf(folder)) {
    const pid = Number(name.split('-')[0]);
    if (Number.isSafeInteger(pid) && pid > 0 && !isAlive(pid)) await removeTree(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, 'ESRCH');
  }
}

/** A colon separates entries unless the entry is in quotes. */
function quoted(path: string): string {
  if (!/[:"\\\n]/.test(path)) return path;
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
