/** The figure of the benchmark page: makespan over the oracle against the slots, one panel per queue length. */
import { geomean } from './grid.ts';
import type { Report } from './report.ts';
import type { StrategyName } from './strategies.ts';

const SHOWN: readonly { readonly name: StrategyName; readonly colour: string }[] = [
  { name: 'bors', colour: '#8c564b' },
  { name: 'batch-split', colour: '#9467bd' },
  { name: 'zuul-aimd', colour: '#7f7f7f' },
  { name: 'zuul-fixed', colour: '#1f77b4' },
  { name: 'submitqueue', colour: '#2ca02c' },
  { name: 'copse', colour: '#d62728' },
];
const SLOTS = [1, 2, 4, 8, 16];
const LENGTHS = [10, 50, 200];
const RANGE = { low: 0.25, high: 16 } as const;
const PANEL = { width: 250, height: 260, left: 46, top: 40, gap: 24 } as const;

export function plotOf(report: Report): string {
  const width = PANEL.left + LENGTHS.length * (PANEL.width + PANEL.gap);
  const height = PANEL.top + PANEL.height + 62;
  const parts = LENGTHS.flatMap((n, index) =>
    panel(report, n, PANEL.left + index * (PANEL.width + PANEL.gap)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="11">`,
    `<title>Makespan over the oracle against the number of slots</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    ...legend(height - 14),
    '</svg>',
    '',
  ].join('\n');
}

function panel(report: Report, n: number, left: number): string[] {
  const bottom = PANEL.top + PANEL.height;
  const right = left + PANEL.width;
  const grid = [0.25, 0.5, 1, 2, 4, 8, 16].flatMap((ratio) => {
    const at = yOf(ratio);
    return [
      `<line x1="${num(left)}" x2="${num(right)}" y1="${num(at)}" y2="${num(at)}" stroke="${ratio === 1 ? '#555555' : '#dddddd'}"/>`,
      `<text x="${num(left - 5)}" y="${num(at + 4)}" text-anchor="end">${String(ratio)}</text>`,
    ];
  });
  const ticks = SLOTS.map(
    (slots) =>
      `<text x="${num(xOf(slots, left))}" y="${num(bottom + 15)}" text-anchor="middle">${String(slots)}</text>`,
  );
  const lines = SHOWN.map(({ name, colour }) => {
    const points = SLOTS.flatMap((slots) => {
      const ratio = ratioOf(report, name, n, slots);
      return ratio === null ? [] : [`${num(xOf(slots, left))},${num(yOf(ratio))}`];
    });
    const stroke = name === 'copse' ? 3 : 1.5;
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="${String(stroke)}"/>`;
  });
  const title = `<text x="${num((left + right) / 2)}" y="${num(PANEL.top - 14)}" text-anchor="middle" font-size="13">${String(n)} changes</text>`;
  const axis = `<text x="${num((left + right) / 2)}" y="${num(bottom + 30)}" text-anchor="middle">slots</text>`;
  return [title, axis, ...grid, ...ticks, ...lines];
}

/** Geometric mean over the shares of broken changes; null where the report has no such cell. */
function ratioOf(report: Report, name: StrategyName, n: number, slots: number): number | null {
  const prefix = `N=${String(n)} K=${String(slots)} `;
  const ratios = report.cells.flatMap(({ name: cell, scores }) => {
    const [ours, oracle] = [scores[name], scores['oracle-1']];
    const isIn = cell.startsWith(prefix) && cell.endsWith('c=0.01');
    return isIn && ours !== undefined && oracle !== undefined ? [ours.makespan / oracle.makespan] : [];
  });
  return ratios.length === 0 ? null : geomean(ratios);
}

function legend(y: number): string[] {
  return SHOWN.flatMap(({ name, colour }, index) => {
    const x = PANEL.left + index * 125;
    return [
      `<rect x="${num(x)}" y="${num(y - 8)}" width="18" height="4" fill="${colour}"/>`,
      `<text x="${num(x + 24)}" y="${num(y - 2)}">${name}</text>`,
    ];
  });
}

function xOf(slots: number, left: number): number {
  return left + 12 + (Math.log2(slots) / 4) * (PANEL.width - 24);
}

function yOf(ratio: number): number {
  const share = Math.log(ratio / RANGE.low) / Math.log(RANGE.high / RANGE.low);
  return PANEL.top + PANEL.height * (1 - Math.min(1, Math.max(0, share)));
}

function num(value: number): string {
  return String(Math.round(value * 10) / 10);
}
