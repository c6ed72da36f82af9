/** `report`: what the newest run did. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadLatest } from '../../../engine/load-latest.ts';
import { Failure } from '../../../kit/failure.ts';
import { reportHtml } from '../../../views/report-html.ts';
import { reportText } from '../../../views/report-text.ts';
import { reportView } from '../../../views/report-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { withStore } from '../session.ts';

export async function showReport(context: Context, html: string | null): Promise<number> {
  const { out, cwd } = context;
  const state = await withStore(context, (store) => loadLatest(store));
  if (state === null)
    throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
  const view = reportView(state, Date.now());
  if (html !== null) {
    const file = resolve(cwd, html);
    writeFileSync(file, reportHtml(view));
    if (!out.json) out.answer(file);
  }
  if (out.json) out.envelope('report', view);
  else if (html === null) out.answer(...reportText(view, out.paint));
  return EXIT.done;
}
