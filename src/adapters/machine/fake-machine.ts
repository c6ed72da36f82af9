import { Failure } from '../../kit/failure.ts';
import type { MachineLoad, MachinePort } from '../../ports/world.ts';

const FIRST_PORT = 20_000;
const LAST_PORT = 65_535;

/** A machine whose load a test sets; ports are handed out in order, those in `busyPorts` never. */
export class FakeMachine implements MachinePort {
  readonly platform = 'linux';
  readonly busyPorts = new Set<number>();
  bootId = 'boot-1';
  #load: MachineLoad = {
    cpuCount: 8,
    cpuBusy: 0.1,
    memoryTotalBytes: 32 * 2 ** 30,
    memoryAvailableBytes: 24 * 2 ** 30,
    diskFreeBytes: 200 * 2 ** 30,
  };

  setLoad(change: Partial<MachineLoad>): void {
    this.#load = { ...this.#load, ...change };
  }

  async load(): Promise<MachineLoad> {
    return this.#load;
  }

  async freePorts(count: number, taken: readonly number[]): Promise<readonly number[]> {
    const excluded = new Set([...taken, ...this.busyPorts]);
    const ports: number[] = [];
    for (let port = FIRST_PORT; port <= LAST_PORT && ports.length < count; port += 1)
      if (!excluded.has(port)) ports.push(port);
    if (ports.length < count)
      throw new Failure('no-free-port', `found ${ports.length} of ${count} free loopback ports`);
    return ports;
  }
}
