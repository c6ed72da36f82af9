/** Where the socket lies. A socket path has room for 100 bytes or so (104 on macOS), a state folder may be longer. */
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';

const MAX_PATH_BYTES = 100;

export interface SocketPlace {
  readonly path: string;
  /** Removes the socket, and the folder that was made for it alone. */
  remove(): Promise<void>;
}

/** A path nobody listens on, in a folder only this user may enter. Sockets of dead leaders are removed on the way. */
export async function newSocketPlace(folder: string): Promise<SocketPlace> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeDead(folder);
  const name = `${randomBytes(4).toString('hex')}.sock`;
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) {
    return { path, remove: () => rm(path, { force: true }) };
  }
  const short = await mkdtemp(join(shortTemporaryFolder(), 'copse-'));
  const note = join(folder, `${name}.path`);
  const far = join(short, 's');
  await writeFile(note, far, { mode: 0o600 });
  return {
    path: far,
    remove: async () => {
      await rm(short, { recursive: true, force: true });
      await rm(note, { force: true });
    },
  };
}

/** The user's temporary folder, unless that is too deep as well. */
function shortTemporaryFolder(): string {
  return Buffer.byteLength(tmpdir()) <= MAX_PATH_BYTES - 20 ? tmpdir() : '/tmp';
}

async function removeDead(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.sock') && !(await isAnswered(path))) await rm(path, { force: true });
    if (!name.endsWith('.path')) continue;
    const far = await readFile(path, 'utf8').catch(() => '');
    if (await isAnswered(far)) continue;
    // Only a folder of the shape made here, and of this user, is removed by a path that was read from a file.
    if (/\/copse-[A-Za-z0-9]{6}\/s$/.test(far) && (await isOwn(dirname(far)))) {
      await rm(dirname(far), { recursive: true, force: true });
    }
    await rm(path, { force: true });
  }
}

/** True for a file or folder that belongs to the user this process runs as. */
export async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found !== null && !found.isSymbolicLink() && found.uid === process.getuid?.();
}

function isAnswered(path: string): Promise<boolean> {
  if (path === '') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
