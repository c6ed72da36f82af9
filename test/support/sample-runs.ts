/** Runs that show every zone at once, for snapshots and pictures. */
import type { AbsolutePath, BranchName, BuildId, ChangeId, RepoPath, TaskId } from '../../src/core/ids.ts';
import { Story, idOf, sketchPlan } from './view-run.ts';
import type { Sketch } from './view-run.ts';

const TASKS: Readonly<Record<string, Sketch>> = {
  core: { title: 'Core types' },
  parser: { title: 'Parser' },
  api: { title: 'HTTP API', waves: 3, max: 4 },
  'cli-help': { title: 'Help texts' },
  ui: { title: 'User interface', needs: ['api'] },
  docs: { title: 'Manual', needs: ['api', 'ui'] },
  size: { title: 'Smaller bundle', max: 0 },
  fmt: { title: 'Formatter' },
  release: { title: 'Release notes', mode: 'manual' },
  legacy: { title: 'Remove the old loader' },
};

/** In the middle of its work. */
export function busyStory(): Story {
  const story = new Story(sketchPlan(TASKS, 'Ship the shop'));
  story.queue('core', 'c0re').build('build-1', ['core']).test('build-1', 'green').land('build-1', ['core']);
  story.queue('parser', 'pa75e').build('build-2', ['parser']);
  story.prepare('api').commit('api', 'a1').gates('api', 'a1', 'red');
  story.retry('api', 'gate', 'gate tests failed: 671 passed, needs at least 676').start('api');
  story.prepare('cli-help').start('cli-help').exit('cli-help').collect('cli-help', 'c1');
  story.judge('cli-help', 'committed', '1 file changed').gates('cli-help', 'c1', 'green');
  story.add({
    kind: 'task.needs_person',
    task: 'cli-help' as TaskId,
    cause: 'conflict',
    detail: 'conflicts with main in src/help.ts',
    files: ['src/help.ts' as RepoPath],
  });
  story.prepare('size').commit('size', '51').gates('size', '51', 'red');
  story.add({
    kind: 'task.failed',
    task: 'size' as TaskId,
    cause: 'gate',
    detail: 'gate tests failed: 671 passed, needs at least 676; no retries are allowed',
  });
  story.add({ kind: 'task.held', task: 'fmt' as TaskId, why: '2 of 2 slots are in use' });
  story.add({ kind: 'task.skipped', task: 'legacy' as TaskId, why: 'skipped by anna' });
  return story;
}

/** The end of one with an ejection that was repaired, a failure and a conflict. */
export function finishedStory(): Story {
  const story = new Story(
    sketchPlan(
      { core: {}, api: { title: 'HTTP API' }, ui: { title: 'User interface' }, docs: {}, size: { max: 0 } },
      'Ship the shop',
    ),
  );
  story.queue('core', 'c0').queue('api', 'a0').build('build-1', ['core', 'api']).test('build-1', 'red');
  story.build('build-2', ['core']).test('build-2', 'green').land('build-2', ['core']);
  story.eject(
    'api',
    'broken',
    'tests failed on the merged result together with core; without it the tree is green',
  );
  story.retry('api', 'gate', 'tests failed on the merged result', 'base');
  story.add({
    kind: 'workspace.updated',
    intent: story.intend({ kind: 'update-workspace', task: 'api' as TaskId, onto: idOf('base') }),
    task: 'api' as TaskId,
    head: idOf('a1'),
    onto: idOf('base'),
  });
  story.queue('api', 'a2').build('build-3', ['api#2']).test('build-3', 'green').land('build-3', ['api#2']);
  story
    .prepare('ui')
    .start('ui')
    .exit('ui', { code: 1 })
    .collect('ui', 'u0')
    .judge('ui', 'crash', 'it exited with code 1');
  story.retry('ui', 'crash', 'it exited with code 1');
  story.queue('ui', 'u1').build('build-4', ['ui']).test('build-4', 'green').land('build-4', ['ui']);
  story.queue('docs', 'd0').eject('docs', 'conflict', 'conflicts with main in src/a2.ts', ['src/a2.ts']);
  story.add({
    kind: 'task.needs_person',
    task: 'docs' as TaskId,
    cause: 'conflict',
    detail: 'conflicts with main in src/a2.ts',
    files: ['src/a2.ts' as RepoPath],
  });
  story.prepare('size').commit('size', '50').gates('size', '50', 'red');
  story.add({
    kind: 'task.failed',
    task: 'size' as TaskId,
    cause: 'gate',
    detail: 'gate tests failed: 671 passed, needs at least 676; no retries are allowed',
  });
  return story.add({ kind: 'run.finished', outcome: 'failed' });
}

/** `copse merge`: branches, no tasks. */
export function mergeStory(): Story {
  const story = new Story(sketchPlan({}), {}, 'merge');
  for (const [index, branch] of ['feat/a', 'feat/b', 'feat/c', 'feat/d'].entries()) {
    story.add({
      kind: 'queue.entered',
      change: branch as ChangeId,
      task: null,
      wave: null,
      branch: branch as BranchName,
      head: idOf(`b${index}`),
      title: branch,
      paths: [`src/${index}.ts` as RepoPath],
    });
  }
  story.build('build-1', ['feat/a']).test('build-1', 'green').land('build-1', ['feat/a']);
  story.build('build-2', ['feat/b']).test('build-2', 'red');
  story.eject('feat/b', 'broken', 'tests failed on the merged result; without it the tree is green');
  story.eject('feat/c', 'conflict', 'conflicts with main in src/0.ts', ['src/0.ts']);
  return story.build('build-3', ['feat/d']);
}

/** A proven landing that an unclean checkout keeps back. */
export function heldStory(): Story {
  const story = new Story(sketchPlan({ core: {} }));
  story.queue('core', 'c0').build('build-1', ['core']).test('build-1', 'green');
  const from = story.state.queue.tip;
  const build = 'build-1' as BuildId;
  const intent = story.intend({ kind: 'publish', build, from, members: ['core' as ChangeId], dateMs: 0 });
  return story.add({
    kind: 'landing.held',
    intent,
    build,
    checkout: '/home/x/shop' as AbsolutePath,
    to: idOf('m-core'),
  });
}
