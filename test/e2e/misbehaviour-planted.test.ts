/** Agents that plant what git or Copse would run: it is inert while Copse works, put back after, and never on the target. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';

/** A program that leaves a trace when anybody runs it. */
const TRAP = `trap="$RIG/trap-$COPSE_TASK.sh"
printf '#!/bin/sh\\necho "$0 $*" >> "$RIG/sprung"\\ncat\\n' | sed "s#\\$RIG#$RIG#" > "$trap"; chmod +x "$trap"
plant() { git config --local "$1" "$trap"; }
`;
const HOOKS =
  'pre-commit post-commit post-checkout post-merge reference-transaction pre-push post-index-change';

let run: FinishedRun;
let before: readonly string[];

function guarded(gitDir: string): readonly string[] {
  const hooks = existsSync(join(gitDir, 'hooks')) ? readdirSync(join(gitDir, 'hooks')).toSorted() : [];
  const files = ['config', 'info/attributes', 'info/exclude', 'info/grafts', 'config.worktree'];
  return [
    ...hooks,
    ...files.map((name) => {
      const path = join(gitDir, name);
      return `${name}: ${existsSync(path) ? readFileSync(path, 'utf8') : 'absent'}`;
    }),
  ];
}

beforeAll(async () => {
  run = await runPlan('planted', {
    // One at a time: other agents would run what is planted for git, and that is not Copse's doing.
    parallel: 1,
    prepare: (scratch) => {
      before = guarded(join(scratch.repository, '.git'));
    },
    tasks: {
      ...HONEST,
      hooks: {
        script: `echo h > hooks.txt; save; ${TRAP}
mkdir -p "$common/hooks"; for name in ${HOOKS}; do ln "$trap" "$common/hooks/$name"; done`,
      },
      config: {
        script: `echo c > config.txt; save; ${TRAP}
for key in core.fsmonitor core.sshCommand core.pager core.editor core.hooksPath diff.external gpg.program credential.helper; do plant "$key"; done
printf '[core]\\n\\tfsmonitor = %s\\n' "$trap" > "$RIG/included"; git config --local include.path "$RIG/included"
git config --local alias.status "!$trap"
git config --local extensions.worktreeConfig true; git config --worktree core.fsmonitor "$trap"`,
      },
      filters: {
        script: `printf '* filter=trap diff=trap merge=trap\\n' > .gitattributes; echo f > filters.txt; save; ${TRAP}
for key in filter.trap.clean filter.trap.smudge filter.trap.process diff.trap.textconv diff.trap.command merge.trap.driver; do plant "$key"; done
mkdir -p "$common/info"
echo '* filter=trap' > "$common/info/attributes"; echo 'honest-*' > "$common/info/exclude"; echo dirty > filters-dirty.txt`,
      },
      index: {
        script: `echo i > index.txt; save; echo changed > index.txt; git update-index --assume-unchanged index.txt
echo late > index-2.txt; git add index-2.txt; git update-index --skip-worktree index-2.txt; echo later > index-2.txt`,
      },
      locks: {
        script: `echo l > locks.txt; save; dir=$(git rev-parse --absolute-git-dir)
touch "$dir/index.lock" "$dir/HEAD.lock"; echo dirty > locks-dirty.txt`,
      },
    },
  });
});

afterAll(() => run.dispose());

test('nothing that must hold after a run is broken', async () => {
  expect(await run.complaints(), run.story()).toEqual([]);
  expect(run.state.life, run.story()).toMatchObject({ kind: 'finished', outcome: 'done' });
});

test('nothing that was planted was ever run', () => {
  const sprung = join(run.scratch.root, 'sprung');
  expect(existsSync(sprung) ? readFileSync(sprung, 'utf8') : '').toBe('');
});

test('hooks, configuration and attributes are as they were', () => {
  expect(guarded(join(run.scratch.repository, '.git'))).toEqual(before);
  const seen = [...run.state.attempts.values()].flatMap((attempt) => attempt.facts?.violations ?? []);
  const kinds = new Set(seen.map(({ what }) => what));
  expect(['hooks-changed', 'config-changed', 'info-changed'].filter((kind) => !kinds.has(kind))).toEqual([]);
  expect(seen.filter(({ repaired, tolerated }) => !repaired && !tolerated)).toEqual([]);
});

test('flags in the index hide no change', () => {
  expect(run.facts('index').committedOnBehalf, run.story()).not.toBeNull();
  expect([run.landed('index.txt'), run.landed('index-2.txt')]).toEqual(['changed', 'later']);
});

test('locks that were left in the worktree hold nobody up', () => {
  expect(run.landed('locks-dirty.txt'), run.story()).toBe('dirty');
  expect(run.landed('filters-dirty.txt')).toBe('dirty');
});
