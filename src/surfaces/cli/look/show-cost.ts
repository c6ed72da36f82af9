/** `cost`: what the newest run used. */
import { loadLatest } from '../../../engine/load-latest.ts';
import { Failure } from '../../../kit/failure.ts';
import { costText } from '../../../views/cost-text.ts';
import { costView } from '../../../views/cost-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withStore } from '../session.ts';

export async function showCost(context: Context, wish: { readonly attempts: boolean }): Promise<number> {
  const { out } = context;
  const state = await withStore(context, (store) => loadLatest(store));
  if (state === null)
    throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
  const cost = costView(state);
  if (out.json) out.envelope('cost', cost);
  else out.answer(...costText(cost, wish));
  return EXIT.done;
}
