import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FakeMachine } from '../../src/adapters/machine/fake-machine.ts';
import { openMachine } from '../../src/adapters/machine/open-machine.ts';
import type { AbsolutePath } from '../../src/core/ids.ts';

describe.each([
  ['real', openMachine],
  ['fake', () => new FakeMachine()],
] as const)('machine (%s)', (name, open) => {
  test('reports figures that can be true', async () => {
    const machine = open();
    for (const path of [tmpdir(), join(tmpdir(), 'not', 'made', 'yet')]) {
      const load = await machine.load(path as AbsolutePath);
      expect(Number.isInteger(load.cpuCount) && load.cpuCount >= 1).toBe(true);
      expect(load.cpuBusy).toBeGreaterThanOrEqual(0);
      expect(load.cpuBusy).toBeLessThanOrEqual(1);
      expect(load.memoryAvailableBytes).toBeLessThanOrEqual(load.memoryTotalBytes);
      expect(load.memoryAvailableBytes).toBeGreaterThan(0);
      expect(load.diskFreeBytes).toBeGreaterThan(0);
    }
    expect(machine.bootId).not.toBe('');
    expect(machine.bootId).toBe(open().bootId);
  });

  test('finds ports that differ from each other and from the taken ones', async () => {
    const machine = open();
    const first = await machine.freePorts(20, []);
    const second = await machine.freePorts(20, first);
    expect(new Set([...first, ...second]).size).toBe(40);
    expect(await machine.freePorts(0, [])).toEqual([]);
  });

  test.runIf(name === 'real')('finds ports that can be listened on', async () => {
    const [port = 0] = await open().freePorts(1, []);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    server.close();
  });
});
