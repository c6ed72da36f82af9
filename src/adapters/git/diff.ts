import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { ensureInControl } from './transfer.ts';

/** Unified diff; cut at `maxBytes`, never in the middle of a character. Runs no external diff or text conversion. */
export async function diff(
  context: GitContext,
  from: CommitId,
  to: CommitId,
  maxBytes: number,
): Promise<string> {
  await ensureInControl(context, from);
  await ensureInControl(context, to);
  const { stdout } = await context.git.run({
    label: 'show the changes',
    gitDir: context.places.control,
    args: ['diff-tree', '-r', '-p', '-M', '--no-color', '--no-ext-diff', '--no-textconv', from, to],
    maxBytes,
    truncate: true,
  });
  const text = new TextDecoder('utf-8').decode(stdout, { stream: true });
  return text;
}
