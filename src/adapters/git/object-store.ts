/** Copies of object stores by hard link: nothing is shared that the other side's gc could take away. */
import { copyFile, link, mkdir, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isErrno } from './failure.ts';
import { entriesOf, readIfThere } from './files.ts';

/** Files of one pack in an order that keeps the copy usable at every instant: the index comes last. */
const PACK_SUFFIXES = ['.pack', '.rev', '.bitmap', '.mtimes', '.promisor', '.keep', '.idx'];

/**
 * Links (or copies, across file systems) every object of `from` and of the stores it borrows from into `to`.
 * Existing files are left alone; files that disappear meanwhile (a running gc) are skipped, since they then are in a
 * newer pack: call again until a check of the tips passes.
 */
export async function adoptObjects(from: string, to: string): Promise<void> {
  for (const store of await withAlternates(from, new Set())) {
    await adoptPacks(join(store, 'pack'), join(to, 'pack'));
    for (const entry of await entriesOf(store)) {
      if (!/^[0-9a-f]{2}$/.test(entry.name)) continue;
      await mkdir(join(to, entry.name), { recursive: true });
      const files = await entriesOf(join(store, entry.name));
      const objects = files.filter((file) => /^[0-9a-f]{38,62}$/.test(file.name));
      await Promise.all(
        objects.map((file) =>
          linkOrCopy(join(store, entry.name, file.name), join(to, entry.name, file.name)),
        ),
      );
    }
  }
}

async function adoptPacks(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const names = (await entriesOf(from)).map((entry) => entry.name).filter((name) => name.startsWith('pack-'));
  const known = names.filter((name) => rank(name) !== -1 && !name.endsWith('.keep'));
  for (const name of known.toSorted((a, b) => rank(a) - rank(b))) {
    await linkOrCopy(join(from, name), join(to, name));
  }
}

function rank(name: string): number {
  return PACK_SUFFIXES.findIndex((suffix) => name.endsWith(suffix));
}

async function withAlternates(store: string, seen: Set<string>): Promise<readonly string[]> {
  if (seen.has(store) || seen.size > 50) return [];
  seen.add(store);
  const text = (await readIfThere(join(store, 'info', 'alternates'))) ?? '';
  const found = [store];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    found.push(...(await withAlternates(resolve(store, line), seen)));
  }
  return found;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (isErrno(error, 'EEXIST', 'ENOENT')) return;
    await copyFile(from, to, constants.COPYFILE_FICLONE).catch((cause: unknown) => {
      if (!isErrno(cause, 'ENOENT')) throw cause;
    });
  }
}
