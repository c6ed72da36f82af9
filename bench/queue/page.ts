/** Writes the figures of a report into the benchmark page and draws its plot: `npm run bench:queue -- REPORT --merge --page`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { plotOf } from './plot.ts';
import { cellTableOf, faultsLine, rivalTableOf, summaryTableOf, type Report } from './report.ts';

const BEGIN = '<!-- figures: npm run bench:queue -- REPORT... --merge --page -->';
const END = '<!-- end of figures -->';

export function writePage(report: Report, folder: string): void {
  const page = `${folder}/merge-queue-benchmark.md`;
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${page} has no place for figures`);
  const figures = [
    '### All strategies',
    summaryTableOf(report),
    '### Every cell: makespan over the oracle',
    cellTableOf(report),
    '### Ours against the best other queue of the cell',
    rivalTableOf(report),
    `Faults: ${faultsLine(report)}`,
  ];
  writeFileSync(page, `${text.slice(0, before)}${BEGIN}\n\n${figures.join('\n\n')}\n\n${text.slice(after)}`);
  writeFileSync(`${folder}/merge-queue-benchmark.svg`, plotOf(report));
}
