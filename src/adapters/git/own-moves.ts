/** Moves of refs that Copse itself made, so that the guard does not take them for an agent's. */
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitContext } from './context.ts';
import { readIfThere } from './files.ts';

/** `intended` is written before a move, `done` after it succeeded: a crash in between leaves only the first. */
export async function noteMove(
  context: GitContext,
  stage: 'intended' | 'done',
  ref: string,
  to: string | null,
): Promise<void> {
  await mkdir(join(context.places.state, 'guard'), { recursive: true, mode: 0o700 });
  await appendFile(movesFile(context), `${stage} ${ref} ${to ?? '-'}\n`);
}

export interface OwnMoves {
  /** Lines so far: what a snapshot remembers to count from. */
  readonly length: number;
  /** The value each ref was last given since then; null: deleted. It takes the place of the snapshot's. */
  readonly done: ReadonlyMap<string, string | null>;
  /** The value each ref was last meant to get since then. It may or may not have it. */
  readonly intended: ReadonlyMap<string, string | null>;
}

export async function ownMoves(context: GitContext, since: number): Promise<OwnMoves> {
  const text = (await readIfThere(movesFile(context))) ?? '';
  const lines = text.split('\n').filter(Boolean);
  const done = new Map<string, string | null>();
  const intended = new Map<string, string | null>();
  for (const line of lines.slice(since)) {
    const [stage, ref = '', to = '-'] = line.split(' ');
    (stage === 'done' ? done : intended).set(ref, to === '-' ? null : to);
  }
  return { length: lines.length, done, intended };
}

function movesFile(context: GitContext): string {
  return join(context.places.state, 'guard', 'own-moves');
}
