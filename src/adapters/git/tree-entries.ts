/** Trees of control as maps, read and written without a process. */
import type { GitContext } from './context.ts';
import { writeObject } from './objects.ts';

export interface Entry {
  /** As stored: `40000`, `100644`, `100755`, `120000`, `160000`. */
  readonly mode: string;
  readonly id: string;
}

/** Names as latin1: bytes stay bytes. */
export type Tree = ReadonlyMap<string, Entry>;

export const FOLDER = '40000';
/** A commit of another repository: git has its own rules for these. */
export const SUBMODULE = '160000';

/** null when there is no such tree, or it is not one git would write. */
export async function readTree(context: GitContext, id: string): Promise<Tree | null> {
  const found = await context.controlReader.content(id);
  if (found === null || found.info.type !== 'tree') return null;
  const { content } = found;
  const idBytes = id.length / 2;
  const tree = new Map<string, Entry>();
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const end = content.indexOf(0, blank);
    if (blank === -1 || end === -1 || end + 1 + idBytes > content.length) return null;
    const mode = content.toString('latin1', at, blank);
    const name = content.toString('latin1', blank + 1, end);
    tree.set(name, { mode, id: content.toString('hex', end + 1, end + 1 + idBytes) });
    at = end + 1 + idBytes;
  }
  return tree;
}

/** Its id; the order of `tree` does not matter. */
export function writeTree(context: GitContext, tree: Tree): Promise<string> {
  // Git's order: by bytes, a folder as if its name ended with a slash.
  const keyOf = (name: string, { mode }: Entry): string => (mode === FOLDER ? `${name}/` : name);
  const rows = [...tree].toSorted(([a, one], [b, other]) => (keyOf(a, one) < keyOf(b, other) ? -1 : 1));
  const parts = rows.flatMap(([name, { mode, id }]) => [
    Buffer.from(`${mode} ${name}\0`, 'latin1'),
    Buffer.from(id, 'hex'),
  ]);
  return writeObject(context, 'tree', Buffer.concat(parts), false);
}
