/** Conflicts with the target from end to end: the real binary, real git, real processes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

beforeAll(requireBuild);

let rig: Rig;
afterEach(() => rig.dispose());

const TASKS = `tasks:
  a: {prompt: "demo: write same.txt a", agent: maker}
  b: {prompt: "demo: write same.txt b", agent: maker}
`;

function project(merge: string, gate = 'node -e 0'): Record<string, string> {
  return {
    'same.txt': 'base\n',
    'copse.yaml': `gates: {test: ${gate}}
agents:
  maker: {use: demo}
  fixer: {use: demo, instructions: "demo: write same.txt both of them"}
workspace: {base: main}
limits: {parallel: 2}
merge: {into: main, ${merge}}
conflicts: {on_overlap: allow}
${TASKS}`,
  };
}

function landed(file: string): string {
  return rig.git('show', `main:${file}`);
}

/** Branches `one` and `two` that change the same line. */
function twoBranches(): void {
  for (const name of ['one', 'two']) {
    rig.git('checkout', '-q', '-b', name, 'main');
    writeFileSync(path.join(rig.repository, 'same.txt'), `${name}\n`);
    rig.git('commit', '-q', '-a', '-m', name);
  }
  rig.git('checkout', '-q', 'main');
}

describe('a plan run', () => {
  test('an agent settles the conflict, the result is proven and lands, and is remembered', () => {
    rig = new Rig('agent', project('conflicts: [auto, agent, human], resolver: fixer'));
    rig.git('checkout', '-q', '-b', 'mine');
    const ran = rig.copse(['run', '--yes']);
    expect(ran.stderr).toMatch(/conflicts with main in same\.txt \(with [ab]\)/);
    expect(ran.code).toBe(0);
    expect(landed('same.txt')).toBe('both of them');
    const message = rig.git('log', '-1', '--format=%B', 'main');
    expect(message).toContain('Conflict in same.txt, resolved by: agent fixer');
    expect(rig.git('log', '-1', '--format=%P', 'main^2').split(' ')).toHaveLength(2);
    expect(existsSync(path.join(rig.repository, '.git', 'rr-cache'))).toBe(false);
    expect(existsSync(path.join(rig.stateDir, 'resolutions.git', 'rr-cache'))).toBe(true);
    expect(rig.git('status', '--porcelain')).toBe('');
  });

  test('candidates are gated one by one, and only the green one lands', () => {
    rig = new Rig(
      'candidates',
      project('conflicts: [candidates, human]', '"! (grep -q a same.txt && grep -q b same.txt)"'),
    );
    rig.git('checkout', '-q', '-b', 'mine');
    const ran = rig.copse(['run', '--yes']);
    expect(ran.code).toBe(0);
    expect(rig.git('log', '-1', '--format=%B', 'main')).toContain('resolved by: the side of the change');
    expect(landed('same.txt')).toMatch(/^[ab]$/);
  });

  test('a person settles it by hand: nothing lands before the gates have passed on it', () => {
    rig = new Rig('person', project('conflicts: [auto, human]', 'test -f same.txt'));
    rig.git('checkout', '-q', '-b', 'mine');
    const ran = rig.copse(['run', '--yes']);
    expect(ran.code).toBe(7);
    const winner = landed('same.txt');
    const loser = winner === 'a' ? 'b' : 'a';
    expect(ran.stderr).toContain(`copse resolve ${loser}`);
    const view = rig.data(['resolve', loser]);
    expect(view).toMatchObject({ files: ['same.txt'], with: [winner], action: 'opened' });
    const file = path.join(String(view['path']), 'same.txt');
    expect(readFileSync(file, 'utf8')).toContain('<<<<<<<');
    const early = rig.copse(['resolve', loser, '--continue']);
    expect(early.code).toBe(7);
    expect(early.stderr).toContain('conflict markers are left in same.txt');
    const edited = rig.copse(['resolve', loser, '--editor', '--continue'], {
      env: { VISUAL: `${process.execPath} -e "require('fs').writeFileSync(process.argv[1],'by hand\\n')"` },
    });
    expect(edited.stderr).toContain('going on with');
    expect(edited.code).toBe(0);
    expect(landed('same.txt')).toBe('by hand');
    expect(rig.git('log', '-1', '--format=%B', 'main')).toMatch(/resolved by: a person/);
  });
});

describe('copse merge', () => {
  test('a branch in conflict waits with both sides on record and lands once it is resolved', () => {
    rig = new Rig('merge', { 'same.txt': 'base\n' });
    twoBranches();
    const merged = rig.copse(['merge', 'one', 'two', '--gate', 'test -f same.txt', '--slots', '1', '--json']);
    expect(merged.code).toBe(7);
    const { data } = JSON.parse(merged.stdout) as { data: Record<string, unknown> };
    expect(data['landed']).toMatchObject([{ branch: 'one' }]);
    expect(data['conflicted']).toMatchObject([
      { branch: 'two', files: ['same.txt'], conflict: { with: ['one'], files: ['same.txt'] } },
    ]);
    const view = rig.data(['resolve', 'two']);
    writeFileSync(path.join(String(view['path']), 'same.txt'), 'one and two\n');
    expect(rig.copse(['resolve', 'two', '--continue']).code).toBe(0);
    expect(landed('same.txt')).toBe('one and two');
    expect(rig.copse(['resolve', 'two', '--continue']).code).toBe(2);
    const again = rig.git('rev-parse', 'main');
    rig.git('branch', '-f', 'main-two', again);
  });

  test('what is given up stays reachable', () => {
    rig = new Rig('abort', { 'same.txt': 'base\n' });
    twoBranches();
    rig.copse(['merge', 'one', 'two', '--gate', 'test -f same.txt', '--slots', '1']);
    const view = rig.data(['resolve', 'two']);
    writeFileSync(path.join(String(view['path']), 'same.txt'), 'half done\n');
    const dropped = rig.data(['resolve', 'two', '--abort']);
    const control = path.join(rig.stateDir, 'control.git');
    expect(rig.git('--git-dir', control, 'show', `${String(dropped['kept_as'])}:same.txt`)).toBe('half done');
    expect(existsSync(String(view['path']))).toBe(false);
    expect(rig.git('rev-parse', 'two')).not.toBe('');
    expect(landed('same.txt')).toBe('one');
  });
});
