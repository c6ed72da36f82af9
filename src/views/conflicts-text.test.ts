import { describe, expect, test } from 'vitest';
import { displayWidth } from '../kit/display-width.ts';
import { conflictsText, orderText } from './conflicts-text.ts';
import type { ConflictPairView, ConflictsView } from './conflicts-view.ts';
import type { Paint } from './paint.ts';

const pair = (a: string, b: string, changes: Partial<ConflictPairView> = {}): ConflictPairView => ({
  a,
  b,
  result: 'clean',
  files: [],
  origin: ['paths'],
  confidence: 1,
  overlap: 0,
  because: 'the two tips share no changed path',
  ...changes,
});

function viewOf(ids: readonly string[], pairs: readonly ConflictPairView[]): ConflictsView {
  return {
    onto: '5a41fb7e591864510e8c673aa2af1dba5db711d5',
    subjects: ids.map((id) => ({ id, kind: 'branch', tip: null, uncommitted: false, changed_paths: 1 })),
    pairs,
    together: [ids],
    apart: [],
    order: ids.map((id) => ({ id, because: 'conflicts with none; 1 path' })),
    counts: { pairs: pairs.length, spared: 0, known: 0, merged: 0 },
    notes: [],
  };
}

const paint = (columns: number, ascii = false): Paint => ({ columns, ascii, colour: false });
const three = viewOf(
  ['api', 'web', 'docs'],
  [
    pair('api', 'web', {
      result: 'conflict',
      origin: ['trial', 'paths'],
      overlap: 1,
      because: 'merging the two tips conflicts in src/a.ts',
    }),
    pair('api', 'docs', { result: 'unknown', origin: ['declared'], overlap: 0.42, because: 'scopes meet' }),
    pair('web', 'docs'),
  ],
);

test('draws a triangle, tells what matters, and ends with sets and order', () => {
  expect(conflictsText(three, paint(80))).toEqual([
    '3 on 5a41fb7 · 1 conflict · 1 clean · 1 unknown',
    '',
    '       1 2',
    '1 api',
    '2 web  ✗',
    '3 docs ▒ ·',
    '✗ conflict  ✓ clean merge  · nothing in common  ░▒▓█ may meet: <20 <50 <80 >80 %',
    '',
    '✗ api × web: conflict (trial, paths)',
    '    merging the two tips conflicts in src/a.ts',
    '▒ api × docs: may meet 42 % (declared)',
    '    scopes meet',
    '',
    'together: api, web, docs',
    '   order: api › web › docs',
  ]);
});

describe('every line fits', () => {
  const long = (at: number): string => `feature/一二三四五-${'x'.repeat(at % 40)}\u001b[31m\u202e${at}`;
  const many = Array.from({ length: 60 }, (_, at) => long(at));
  const pairs = many.slice(1).map((id, at) =>
    pair(many[at] ?? '', id, {
      result: 'conflict',
      because: `merging conflicts in ${'dir/'.repeat(80)}\n\u0007x`,
    }),
  );
  test.each([
    [80, false],
    [60, false],
    [60, true],
    [40, true],
  ])('%i columns, ascii %s', (columns, ascii) => {
    for (const view of [three, viewOf(many, pairs)]) {
      const lines = [
        ...conflictsText(view, paint(columns, ascii)),
        ...orderText(view, paint(columns, ascii)),
      ];
      for (const line of lines) {
        expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
        if (ascii) expect(line).toMatch(/^[ -~]*$/);
        // oxlint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
      }
    }
  });
});

test('without a second branch there is nothing to compare', () => {
  expect(conflictsText(viewOf(['a'], []), paint(80))).toEqual([
    'nothing to compare: fewer than two tasks or branches',
  ]);
  expect(orderText(viewOf([], []), paint(80))).toEqual(['nothing to order']);
});
