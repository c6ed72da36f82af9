import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { availableParallelism, cpus, freemem, hostname, totalmem, uptime } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../kit/failure.ts';
import type { MachinePort } from '../../ports/world.ts';
import { readCgroupLimits } from './cgroup.ts';

/** Two readings closer than this tell nothing; the previous answer stands. */
const SAMPLE_MIN_MS = 500;
/** What the first call waits between its two readings. */
const FIRST_SAMPLE_MS = 100;
const PORT_ATTEMPTS = 200;

interface CpuTimes {
  readonly busy: number;
  readonly total: number;
  readonly atMs: number;
}

/**
 * This machine: /proc and statfs on Linux, node:os elsewhere. Processor and memory figures respect control group limits,
 * so that in a container they are the container's. Failure `no-free-port` when no port is to be had.
 */
export function openMachine(): MachinePort {
  let last: CpuTimes | null = null;
  let busy = 0;

  const measureBusy = async (): Promise<number> => {
    if (last === null) {
      last = readCpuTimes();
      await delay(FIRST_SAMPLE_MS);
    } else if (performance.now() - last.atMs < SAMPLE_MIN_MS) return busy;
    const next = readCpuTimes();
    const total = next.total - last.total;
    if (total > 0) busy = Math.min(1, Math.max(0, (next.busy - last.busy) / total));
    last = next;
    return busy;
  };

  return {
    bootId: readBootId(),
    platform: process.platform,
    load: async (path) => {
      const limits = process.platform === 'linux' ? readCgroupLimits('/') : null;
      const memory = readMemory();
      const groupBytes = limits?.memoryBytes ?? Infinity;
      return {
        cpuCount: Math.max(1, Math.min(availableParallelism(), Math.ceil(limits?.cpus ?? Infinity))),
        cpuBusy: await measureBusy(),
        memoryTotalBytes: Math.min(memory.totalBytes, groupBytes),
        memoryAvailableBytes: Math.max(
          0,
          Math.min(memory.availableBytes, groupBytes - (limits?.memoryUsedBytes ?? 0)),
        ),
        diskFreeBytes: await readDiskFree(path),
      };
    },
    freePorts: async (count, taken) => findFreePorts(count, new Set(taken)),
  };
}

/** All are held open until the last is found, so that they differ. */
async function findFreePorts(count: number, taken: ReadonlySet<number>): Promise<readonly number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (let attempt = 0; ports.length < count; attempt += 1) {
      if (attempt >= count + PORT_ATTEMPTS)
        throw new Failure('no-free-port', `found ${ports.length} of ${count} free loopback ports`);
      const server = await listenAnywhere();
      held.push(server);
      const address = server.address();
      if (typeof address === 'object' && address !== null && !taken.has(address.port))
        ports.push(address.port);
    }
    return ports;
  } finally {
    await Promise.all(held.map(async (server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Failure('no-free-port', 'cannot listen on a loopback port', { cause }));
    });
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

function readCpuTimes(): CpuTimes {
  const times = process.platform === 'linux' ? readProcStat() : null;
  if (times !== null) return times;
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { busy, total, atMs: performance.now() };
}

/** user nice system idle iowait irq softirq steal; waiting for a disk is not busy, stolen time is. */
function readProcStat(): CpuTimes | null {
  const line = readText('/proc/stat').split('\n')[0] ?? '';
  const fields = line.split(/\s+/).slice(1, 9).map(Number);
  const total = fields.reduce((sum, value) => sum + value, 0);
  if (!line.startsWith('cpu ') || !Number.isFinite(total)) return null;
  return { busy: total - (fields[3] ?? 0) - (fields[4] ?? 0), total, atMs: performance.now() };
}

function readMemory(): { readonly totalBytes: number; readonly availableBytes: number } {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo'))?.[1];
  return {
    totalBytes: totalmem(),
    availableBytes: available === undefined ? freemem() : Number(available) * 1024,
  };
}

/** Of the nearest folder that exists: worktrees may not be made yet. */
async function readDiskFree(path: string): Promise<number> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const facts = await statfs(folder);
      return facts.bavail * facts.bsize;
    } catch (cause) {
      const isMissing =
        cause instanceof Error && 'code' in cause && ['ENOENT', 'ENOTDIR'].includes(String(cause.code));
      if (!isMissing || folder === dirname(folder))
        throw new Failure('disk-unreadable', `cannot read the free space at ${path}`, { cause });
    }
  }
}

function readBootId(): string {
  const id = readText('/proc/sys/kernel/random/boot_id').trim();
  // Elsewhere the time of the start, to ten seconds, since it is computed from two clocks.
  return id === '' ? `${hostname()}:${Math.round((Date.now() / 1_000 - uptime()) / 10)}` : id;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
