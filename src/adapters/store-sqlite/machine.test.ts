import process from 'node:process';
import { expect, test } from 'vitest';
import { networkFileSystem } from './filesystem.ts';
import { lifeOf, ownIdentity, startTicksOfStat } from './process-identity.ts';

const numbers = Array.from({ length: 40 }, (_, index) => String(index + 3)).join(' ');

test.each([
  ['a plain name', `12 (node) S ${numbers}`, '21'],
  ['a name that looks like fields', `12 (a) S 1 2 (b) R ${numbers}`, '21'],
  ['a zombie', `12 (node) Z ${numbers}`, null],
  ['a dead process', `12 (node) X ${numbers}`, null],
  ['nothing', '', null],
  ['a cut line', '12 (node) S 1 2', null],
])('reads the start of %s', (_what, stat, ticks) => {
  expect(startTicksOfStat(stat)).toBe(ticks);
});

test('knows itself as alive', () => {
  expect(lifeOf(ownIdentity())).toBe('alive');
});

test.runIf(process.platform === 'linux')(
  'takes a reused pid, a pid that is gone and another boot for dead',
  () => {
    const me = ownIdentity();
    expect(lifeOf({ ...me, startTicks: '1' })).toBe('dead');
    expect(lifeOf({ ...me, pid: 2 ** 22 + 1 })).toBe('dead');
    expect(lifeOf({ ...me, bootId: 'another' })).toBe('dead');
  },
);

test('does not judge processes of another host', () => {
  expect(lifeOf({ ...ownIdentity(), host: 'elsewhere.example' })).toBe('unknown');
});

test.each([
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xff534d42 - 2 ** 32, 'cifs'],
  [0x01021997, '9p'],
  [0xef53, null],
  [0x9123683e, null],
])('tells file system %i as %s', (type, name) => {
  expect(networkFileSystem('/', () => type)).toBe(name);
});
