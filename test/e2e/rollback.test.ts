/** Landings taken back, pairs that do not go together, and a red end: the real binary and real git. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

beforeAll(requireBuild);

let rig: Rig;
afterEach(() => rig.dispose());

/** A function and its one caller; the check fails when a name is called that is not there. */
const CHECK = `const { readFileSync, readdirSync } = require('fs');
const code = readdirSync('.').filter((file) => file.endsWith('.src')).map((file) => readFileSync(file, 'utf8')).join('\\n');
const known = new Set([...code.matchAll(/^def (\\w+)/gm)].map((match) => match[1]));
const unknown = [...code.matchAll(/^call (\\w+)/gm)].map((match) => match[1]).filter((name) => !known.has(name));
if (unknown.length > 0) { console.log('unknown: ' + unknown); process.exit(1); }
`;
const LIBRARY = { 'check.js': CHECK, 'lib.src': 'def add\n', 'main.src': 'call add\n' };

function branch(name: string, files: Readonly<Record<string, string>>): void {
  rig.git('checkout', '-q', '-b', name, 'main');
  for (const [file, content] of Object.entries(files))
    writeFileSync(path.join(rig.repository, file), content);
  rig.git('add', '-A');
  rig.git('commit', '-q', '-m', name);
  rig.git('checkout', '-q', 'main');
}

function has(file: string): boolean {
  return rig.git('ls-tree', '--name-only', 'main').split('\n').includes(file);
}

describe('a rename and a new caller, textually clean and green alone', () => {
  test('never reach the target together with copse merge, and the pair is named', () => {
    rig = new Rig('pair', LIBRARY);
    branch('rename', { 'lib.src': 'def sum\n', 'main.src': 'call sum\n' });
    branch('caller', { 'other.src': 'call add\n' });
    const merged = rig.copse([
      'merge',
      'rename',
      'caller',
      '--gate',
      'node check.js',
      '--slots',
      '1',
      '--json',
    ]);
    expect(merged.code).toBe(5);
    const { data } = JSON.parse(merged.stdout) as { data: Record<string, unknown> };
    const [landed] = data['landed'] as { branch: string }[];
    // Either may be the one: each is green alone.
    const [winner, loser] = landed?.branch === 'caller' ? ['caller', 'rename'] : ['rename', 'caller'];
    expect(data['landed']).toMatchObject([{ branch: winner }]);
    expect(data['ejected']).toMatchObject([{ branch: loser, reason: 'broken', with: [winner] }]);
    expect(has('other.src')).toBe(winner === 'caller');
    expect(rig.git('show', 'main:lib.src')).toBe(winner === 'caller' ? 'def add' : 'def sum');
    const report = rig.data(['report']);
    expect(report['ejected']).toMatchObject([{ branch: loser, with: [winner] }]);
    const status = rig.data(['status']);
    expect(status['queue']).toMatchObject({ ejected: [{ branch: loser, with: [winner] }] });
    expect(rig.copse(['report']).stdout).toMatch(
      new RegExp(`${loser} {2}broken: .*${winner}.*red build-\\d+ \\(tree [0-9a-f]+\\)`, 's'),
    );
  });

  test('nor in a plan run, where the loser is told with what it does not go', () => {
    rig = new Rig('pair-plan', {
      ...LIBRARY,
      'copse.yaml': `gates: {test: node check.js}
workspace: {base: main}
limits: {parallel: 2}
defaults: {retries: {max: 0}}
merge: {into: main}
tasks:
  rename: {prompt: "demo: write lib.src def sum\\ndemo: write main.src call sum", agent: demo}
  caller: {prompt: "demo: write other.src call add", agent: demo}
`,
    });
    rig.git('checkout', '-q', '-b', 'mine');
    const ran = rig.copse(['run', '--yes']);
    expect(ran.code).toBe(5);
    const status = rig.data(['status']);
    const [ejected] = (status['queue'] as { ejected: { task: string; with: string[] }[] }).ejected;
    const loser = ejected?.task ?? '';
    const winner = loser === 'caller' ? 'rename' : 'caller';
    expect(ejected?.with).toEqual([winner]);
    const row = (status['tasks'] as { id: string; reason: string }[]).find((task) => task.id === loser);
    expect(row?.reason).toContain(winner);
    expect(rig.copse(['report']).stdout).toContain(winner);
    const tree = rig.git('archive', 'main').length;
    expect(tree).toBeGreaterThan(0);
    expect(has('other.src') && rig.git('show', 'main:lib.src') === 'def sum').toBe(false);
  });
});

describe('copse rollback', () => {
  test('takes a task back through the queue, names what builds on it, and back again', () => {
    rig = new Rig('rollback', {
      'README.md': 'x\n',
      'copse.yaml': `gates: {test: test -f README.md}
workspace: {base: main}
merge: {into: main}
tasks:
  a: {prompt: "demo: write a.txt a", agent: demo}
  b: {prompt: "demo: write b.txt b", agent: demo, needs: a}
`,
    });
    rig.git('checkout', '-q', '-b', 'mine');
    expect(rig.copse(['run', '--yes']).code).toBe(0);
    const back = rig.copse(['rollback', 'a', '--because', 'it broke the site']);
    expect(back.stderr).toContain('b landed since and builds on it: needs a');
    expect(back.code).toBe(0);
    expect([has('a.txt'), has('b.txt')]).toEqual([false, true]);
    expect(rig.git('log', '-1', '--format=%B', 'main')).toMatch(
      /^Revert [^]*it broke the site[^]*Validated-by: test/,
    );
    const [row] = rig.data(['status'])['tasks'] as { reason: string }[];
    expect(row?.reason).toContain('rolled back by rollback/a');
    expect(rig.data(['report'])['rollbacks']).toMatchObject([{ of: 'a', dependents: [{ name: 'b' }] }]);
    expect(rig.copse(['rollback', 'a']).code).toBe(2);
    const commit = rig.git('rev-parse', 'main');
    expect(rig.copse(['rollback', commit]).code).toBe(0);
    expect(has('a.txt')).toBe(true);
    expect(rig.copse(['rollback', 'nonsense']).code).toBe(2);
  });

  test('a red end is searched for its culprit, which is taken back, and a green end is tagged', () => {
    const plan = (more: string): Record<string, string> => ({
      'README.md': 'x\n',
      'copse.yaml': `gates:
  test: test -f README.md
  nightly: {run: "! test -f bad.txt", at: end}
workspace: {base: main}
limits: {parallel: 1}
merge: {into: main, on_failure: rollback, tag: "green-{plan}"}
name: site
tasks:
  one: {prompt: "demo: write one.txt 1", agent: demo}
  two: {prompt: "demo: write ${more} 2", agent: demo}
  three: {prompt: "demo: write three.txt 3", agent: demo}
`,
    });
    rig = new Rig('red-end', plan('bad.txt'));
    rig.git('checkout', '-q', '-b', 'mine');
    const ran = rig.copse(['run', '--yes']);
    expect(ran.stderr).toMatch(/turned red with two: \w+ without it is green, \w+ with it is red/);
    expect(ran.code).toBe(5);
    expect([has('one.txt'), has('bad.txt'), has('three.txt')]).toEqual([true, false, true]);
    expect(rig.git('tag')).toBe('');
    rig.dispose();
    rig = new Rig('green-end', plan('two.txt'));
    rig.git('checkout', '-q', '-b', 'mine');
    expect(rig.copse(['run', '--yes']).code).toBe(0);
    expect(rig.git('rev-parse', 'green-site')).toBe(rig.git('rev-parse', 'main'));
  });
});
