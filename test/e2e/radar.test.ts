/** Two agents of the real program change the same line; nobody commits until the conflict was told. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

interface Envelope {
  readonly data: { readonly overlaps: readonly Record<string, unknown>[] };
}

let rig: Rig;
beforeEach(() => {
  requireBuild();
  rig = new Rig('radar', {
    'shared.txt': 'base\n',
    // Edits, then works on until it is let go.
    'agent.sh': 'echo "$1" > shared.txt; while [ ! -e "$GO" ]; do sleep 0.1; done; git commit -qam "$1"\n',
    'copse.yaml': [
      'agents: {hand: {run: "sh agent.sh {task}", pass_env: [GO]}}',
      'gates: {ok: "true"}',
      'merge: {into: main}',
      'limits: {parallel: 2}',
      'tasks:',
      '  one: {prompt: first, agent: hand}',
      '  two: {prompt: second, agent: hand}',
      '',
    ].join('\n'),
  });
});
afterEach(() => {
  rig.dispose();
});

test('a conflict of uncommitted work is told, shown in status and kept in the report', async () => {
  const go = join(rig.root, 'go');
  const run = rig.start(['run', '--yes', '--no-input'], { env: { GO: go } });
  await run.says(/conflicts with (?:one|two) as it is now: shared\.txt/);
  expect(existsSync(go)).toBe(false);
  const status = JSON.parse(rig.copse(['status', '--json']).stdout) as Envelope;
  expect(status.data.overlaps).toMatchObject([{ a: 'one', b: 'two', files: ['shared.txt'], file_count: 1 }]);
  expect(rig.copse(['status']).stdout).toMatch(/CONFLICT AS THEY ARE NOW \(1\)\n {2}one . two/);
  for (const worktree of ['one', 'two'])
    expect(rig.git('-C', worktreeOf(worktree), 'status', '--porcelain')).toBe(' M shared.txt');
  writeFileSync(go, '');
  await run.ended;
  const events = rig.copse(['events', '--json']).stdout.split('\n').filter(Boolean);
  const types = events.map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types).toContain('overlap.seen');
  expect(types).toContain('overlap.gone');
  expect(rig.copse(['report']).stdout).toContain('CONFLICTS NOTICED DURING WORK');
});

function worktreeOf(task: string): string {
  const listed = rig.git('worktree', 'list', '--porcelain').split('\n');
  return listed.find((line) => line.startsWith('worktree ') && line.endsWith(`/${task}`))?.slice(9) ?? '';
}
