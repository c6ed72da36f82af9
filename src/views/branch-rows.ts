/** Rows of a run that lands branches and has no tasks. */
import { clean, cut, symbolOf } from './paint.ts';
import type { Paint } from './paint.ts';
import type { QueueView } from './queue-view.ts';
import type { Status } from './vocabulary.ts';
import { shortId } from './words.ts';

/** Refused ones first, then those under way, then what landed; each at most `columns` wide. */
export function branchRows(queue: QueueView, columns: number, paint: Paint): readonly string[] {
  const row = (status: Status, branch: string, text: string): string =>
    `${symbolOf(status, paint)} ${cut(clean(`${branch}  ${text}`, paint), columns - 2, paint)}`;
  return [
    ...queue.ejected.map((one) =>
      row(one.reason === 'withdrawn' ? 'stopped' : 'failed', one.branch, `${one.reason}: ${one.evidence}`),
    ),
    ...queue.pending.map((one) => row(one.status, one.branch, one.reason)),
    ...queue.landed.map((one) =>
      row('landed', one.branch, one.commit === null ? 'was there already' : shortId(one.commit)),
    ),
  ];
}
