/** `copse queue` with the real binary: on a merge that is at work, and on one that rests. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { requireBuild, Rig } from '../rig/copse.ts';

let rig: Rig;
let door: string;
beforeAll(requireBuild);
beforeEach(() => {
  rig = new Rig('queue');
  door = join(rig.root, 'door');
  for (const name of ['one', 'two', 'three']) {
    rig.git('checkout', '-q', '-b', name, 'main');
    rig.write(`${name}.txt`, name);
    rig.git('add', '-A');
    rig.git('commit', '-q', '-m', name);
  }
  rig.git('checkout', '-q', 'main');
});
afterEach(() => {
  rig.dispose();
});

interface Pending {
  readonly branch: string;
  readonly priority: number;
  readonly held_by?: string;
  readonly needs?: readonly string[];
}
const pending = (): readonly Pending[] =>
  (rig.data(['queue'])['queue'] as { readonly pending: readonly Pending[] }).pending;
const onMain = (): readonly string[] => rig.git('ls-files', '*.txt').split('\n').filter(Boolean);

test('a person holds, moves, takes out and adds changes of a merge at work, and it does as told', async () => {
  const merge = rig.start([
    'merge',
    'one',
    'two',
    '--gate',
    `until [ -e ${door} ]; do sleep 0.05; done`,
    '-v',
  ]);
  await merge.says(/build-1 +testing/);
  expect(rig.copse(['queue', 'add', 'three', '--priority', 'high']).code).toBe(0);
  expect(rig.copse(['queue', 'hold', 'two']).code).toBe(0);
  expect(pending().find((one) => one.branch === 'two')?.held_by).toBeDefined();
  expect(pending()[0]).toMatchObject({ branch: 'three', priority: 1 });
  expect(rig.copse(['queue', 'eject', 'one']).code).toBe(0);
  expect(rig.copse(['queue', 'up', 'nothing']).code).toBe(2);
  writeFileSync(door, '');
  expect((await merge.ended).code).toBe(6);
  expect(onMain()).toEqual(['three.txt']);
  expect(pending().map((one) => one.branch)).toEqual(['two']);
  const shown = rig.copse(['queue']).stdout;
  expect(shown).toMatch(/two +held by .*copse queue release two/);
  expect(shown).toMatch(/one +withdrawn/);
});

test('a resting merge is told first and goes on afterwards', () => {
  expect(rig.copse(['queue', 'hold', 'one']).code).toBe(2);
  expect(rig.copse(['merge', 'one', '--gate', 'true']).code).toBe(0);
  expect(rig.copse(['queue', 'close']).code).toBe(0);
  const added = rig.copse(['queue', 'add', 'two', 'three']);
  expect(added.stderr).toContain('copse resume');
  expect(rig.copse(['resume']).code).toBe(6);
  expect(onMain()).toEqual(['one.txt']);
  expect(rig.copse(['queue', 'down', 'two']).code).toBe(0);
  expect(pending().map((one) => one.branch)).toEqual(['three', 'two']);
  expect(rig.copse(['queue', 'open']).code).toBe(0);
  expect(rig.copse(['resume']).code).toBe(0);
  expect(onMain()).toEqual(['one.txt', 'three.txt', 'two.txt']);
});

test('branches built on others, needs and priorities are kept to the end', () => {
  rig.git('checkout', '-q', '-b', 'stacked', 'three');
  rig.write('stacked.txt', 'x');
  rig.git('add', '-A');
  rig.git('commit', '-q', '-m', 'stacked');
  rig.git('checkout', '-q', 'main');
  const words = ['merge', 'stacked', 'one', 'two', 'three', '--gate', 'true', '--slots', '3'];
  const data = rig.data([...words, '--needs', 'one=two', '--alone', 'two', '--priority', 'three=low']);
  const landed = (data['landed'] as readonly { readonly branch: string }[]).map((one) => one.branch);
  expect(landed.toSorted()).toEqual(['one', 'stacked', 'three', 'two']);
  expect(landed.indexOf('three')).toBeLessThan(landed.indexOf('stacked'));
  expect(landed.indexOf('two')).toBeLessThan(landed.indexOf('one'));
  expect(rig.copse([...words, '--needs', 'one=nowhere']).code).toBe(2);
});

test('a build that is not wanted any more is ended with everything its gate started', async () => {
  const pids = join(rig.root, 'pids');
  const gate = `echo $$ >> ${pids}; sleep 600 & echo $! >> ${pids}; wait`;
  const merge = rig.start(['merge', 'one', '--gate', gate, '-v']);
  await merge.says(/build-1 +testing/);
  await expect.poll(() => started(pids), { timeout: 60_000, interval: 100 }).toBe(2);
  expect(rig.copse(['queue', 'eject', 'one']).code).toBe(0);
  expect((await merge.ended).code).toBe(0);
  const alive = readFileSync(pids, 'utf8').trim().split('\n').map(Number).filter(isAlive);
  expect(alive).toEqual([]);
});

function started(pids: string): number {
  return existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').length : 0;
}

/** A zombie has ended; who reaps it is not Copse's business. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
