/** `copse merge --into origin/main` with a bare repository as the remote, and somebody else who pushes to it as well. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

let rig: Rig;
let remote: string;
beforeAll(requireBuild);
beforeEach(() => {
  rig = new Rig('remote');
  remote = join(rig.root, 'remote.git');
  rig.git('clone', '-q', '--bare', rig.repository, remote);
  rig.git('remote', 'add', 'origin', remote);
  rig.git('checkout', '-q', '-b', 'mine', 'main');
  rig.write('mine.txt', 'mine');
  rig.git('add', '-A');
  rig.git('commit', '-q', '-m', 'mine');
  rig.git('checkout', '-q', 'main');
});
afterEach(() => {
  rig.dispose();
});

const onRemote = (): readonly string[] =>
  rig.git('--git-dir', remote, 'ls-tree', '--name-only', 'main').split('\n');

test('a proven branch is pushed; a commit that was pushed meanwhile stays below it, tested with it', () => {
  const other = join(rig.root, 'other');
  const race = [
    `[ -e ${other} ] && exit 0`,
    `git clone -q ${remote} ${other} && cd ${other}`,
    'echo theirs > theirs.txt && git add -A',
    'git -c user.name=O -c user.email=o@example.invalid commit -qm theirs && git push -q origin main',
  ].join('; ');
  const before = rig.git('rev-parse', 'main');
  const data = rig.data(['merge', 'mine', '--into', 'origin/main', '--gate', race]);
  expect(data['landed']).toMatchObject([{ branch: 'mine' }]);
  expect(data['gate_runs']).toBe(2);
  expect(data['target']).toMatchObject({ branch: 'main', remote: 'origin' });
  expect(onRemote()).toEqual(['README.md', 'mine.txt', 'theirs.txt']);
  expect(rig.git('rev-parse', 'main')).toBe(before);
  expect(rig.git('status', '--porcelain')).toBe('');
  const undone = rig.copse(['undo']);
  expect(undone.code).not.toBe(0);
});

test('a remote that refuses leaves everything as it was, and says what has to work', () => {
  execFileSync('sh', [
    '-c',
    `printf '#!/bin/sh\\nexit 1\\n' > ${remote}/hooks/pre-receive && chmod +x ${remote}/hooks/pre-receive`,
  ]);
  const before = rig.git('--git-dir', remote, 'rev-parse', 'main');
  const ran = rig.copse(['merge', 'mine', '--into', 'origin/main', '--gate', 'true', '-v']);
  expect(ran.code).toBe(6);
  expect(ran.stderr).toContain('pre-receive hook declined');
  expect(rig.git('--git-dir', remote, 'rev-parse', 'main')).toBe(before);
  expect(rig.copse(['merge', 'mine', '--into', 'origin/nowhere', '--no-gates']).code).toBe(4);
  expect(rig.copse(['merge', 'mine', '--into', 'elsewhere/main', '--no-gates']).code).toBe(2);
});
