import { describe, expect, test } from 'vitest';
import { planOf } from '../../test/support/plan-builder.ts';
import { RunBuilder } from '../../test/support/run-builder.ts';
import type { CommitId, RepoPath, TaskId } from '../core/ids.ts';
import type { MergePolicy } from '../core/plan/model.ts';
import { displayWidth } from '../kit/display-width.ts';
import { noticedViews, overlapRows, overlapViews } from './overlap-view.ts';

const [A, B] = ['api', 'a-task-with-a-rather-long-name'] as [TaskId, TaskId];
const tips = { a: 'a' as CommitId, b: 'b' as CommitId };
const files = ['src/very/deep/folder/users.ts', 'src/very/deep/folder/orders.ts'] as unknown as RepoPath[];

function run(update: MergePolicy['update'] = 'offer'): RunBuilder {
  const { merge } = planOf({});
  return new RunBuilder(planOf({ [A]: {}, [B]: {} }, { merge: { ...merge, update } }))
    .working(A)
    .working(B)
    .at(60_000)
    .add(
      { kind: 'overlap.seen', a: A, b: B, tips, files, fileCount: 7 },
      { kind: 'overlap.seen', a: A, b: null, tips, files: files.slice(0, 1), fileCount: 1 },
    );
}

const paint = (columns: number) => ({ colour: false, ascii: false, columns });

describe('conflicts that are there now', () => {
  test('name both sides, or the target, and how to take that in where the plan offers it', () => {
    expect(overlapViews(run().state)).toMatchObject([
      { a: A, b: B, file_count: 7 },
      { a: A, target: 'main', file_count: 1, next: 'copse update api' },
    ]);
    expect(overlapViews(run('auto').state)[1]).not.toHaveProperty('next');
  });

  test.each([60, 80, 200])('fit %i columns and say the same', (columns) => {
    const rows = overlapRows(overlapViews(run().state), { nowMs: 120_000, mostRows: 10 }, paint(columns));
    for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(columns);
    const text = rows.join(' ').replaceAll(/\s+/g, ' ');
    expect(text).toContain('CONFLICT AS THEY ARE NOW (2)');
    expect(text).toContain('users.ts');
    expect(text).toContain('and 5 more');
    expect(text).toContain('to take it in: copse update api');
  });

  test('are over once one of the two has ended, and stay in the report', () => {
    const over = run().add({ kind: 'overlap.gone', a: A, b: B, because: 'ended' });
    expect(overlapViews(over.state)).toHaveLength(1);
    expect(noticedViews(over.state)).toMatchObject([
      { a: A, b: B, gone_because: 'ended' },
      { target: 'main' },
    ]);
  });
});
