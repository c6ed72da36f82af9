/** `copse merge --watch` with the real binary: branches appear, are refused, come back, and it ends when all is quiet. */
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

let rig: Rig;
beforeAll(requireBuild);
beforeEach(() => {
  rig = new Rig('watch');
});
afterEach(() => {
  rig.dispose();
});

/** A commit on `branch`, made as another checkout would: the one that is watched stays on its branch. */
function commit(branch: string, parent: string, entry: string | null): void {
  const blob = rig.git('rev-parse', 'main:README.md');
  const kept = rig.git('ls-tree', parent).split('\n');
  const rows =
    entry === null
      ? kept.filter((row) => !row.endsWith('\tbad'))
      : [...kept, `100644 blob ${blob}\t${entry}`];
  const made = rig.shell(
    `cd ${rig.repository} && printf '%s\\n' ${rows.map((row) => `'${row}'`).join(' ')} | git mktree | ` +
      `xargs -I{} git commit-tree {} -p ${parent} -m ${branch} | xargs git update-ref refs/heads/${branch}`,
  );
  expect(made.code, made.stderr).toBe(0);
}

test('lands what matches as it appears, and what was refused when it comes back better', async () => {
  commit('agent/one', 'main', 'one');
  commit('other', 'main', 'other');
  const words = ['merge', '--watch', 'agent/*', '--gate', 'test ! -e bad', '--until-idle', '20', '--json'];
  const merge = rig.start(words);
  await merge.says('"type":"landed"');
  commit('agent/bad', 'main', 'bad');
  await merge.says('"type":"change.ejected"');
  commit('agent/bad', 'agent/bad', null);
  const { code, stdout } = await merge.ended;
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.at(-1)).toMatchObject({
    type: 'merge.summary',
    landed: [{ change: 'agent/one' }, { change: 'agent/bad#2' }],
    ejected: [{ change: 'agent/bad', reason: 'broken' }],
  });
  expect(rig.git('ls-files').split('\n')).toEqual(['README.md', 'one']);
  expect(rig.copse(['merge', '--gate', 'true']).code).toBe(2);
});
