import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the control group of this process, or one above it, allows; null: no limit. */
export interface CgroupLimits {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  /** Used by the group that has the memory limit, without file caches that can be dropped. */
  readonly memoryUsedBytes: number;
}

/** Values of v1 at or above this mean "no limit" (it is the largest multiple of the page size). */
const V1_UNLIMITED = 2 ** 62;

/** Reads version 2 and version 1 hierarchies below `root`, normally `/`. Unreadable files mean no limit. */
export function readCgroupLimits(root: string): CgroupLimits {
  const memberships = lines(join(root, 'proc/self/cgroup'));
  const found = memberships.flatMap((line) => {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') return levels(join(root, 'sys/fs/cgroup'), path).map(readVersion2);
    const names = controllers.split(',');
    const isCpu = names.includes('cpu');
    if (!isCpu && !names.includes('memory')) return [];
    return levels(join(root, 'sys/fs/cgroup', isCpu ? 'cpu' : 'memory'), path).map(
      isCpu ? readCpuV1 : readMemoryV1,
    );
  });
  return found.reduce(stricter, { cpus: null, memoryBytes: null, memoryUsedBytes: 0 });
}

/** The group's folder and all above it: a limit anywhere counts. In a container the path may not exist below the mount. */
function levels(mount: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return parts.map((_, index) => join(mount, ...parts.slice(0, parts.length - index))).concat(mount);
}

function readVersion2(folder: string): CgroupLimits {
  const [quota, period] = text(join(folder, 'cpu.max')).split(' ');
  const limit = number(join(folder, 'memory.max'));
  return {
    cpus:
      quota === undefined || quota === 'max' || quota === ''
        ? null
        : Number(quota) / Number(period ?? 100_000),
    memoryBytes: limit,
    memoryUsedBytes:
      limit === null
        ? 0
        : used(number(join(folder, 'memory.current')), join(folder, 'memory.stat'), 'inactive_file'),
  };
}

function readCpuV1(folder: string): CgroupLimits {
  const quota = number(join(folder, 'cpu.cfs_quota_us'));
  const period = number(join(folder, 'cpu.cfs_period_us')) ?? 100_000;
  return {
    cpus: quota === null || quota <= 0 ? null : quota / period,
    memoryBytes: null,
    memoryUsedBytes: 0,
  };
}

function readMemoryV1(folder: string): CgroupLimits {
  const limit = number(join(folder, 'memory.limit_in_bytes'));
  if (limit === null || limit >= V1_UNLIMITED) return { cpus: null, memoryBytes: null, memoryUsedBytes: 0 };
  const usage = number(join(folder, 'memory.usage_in_bytes'));
  return {
    cpus: null,
    memoryBytes: limit,
    memoryUsedBytes: used(usage, join(folder, 'memory.stat'), 'total_inactive_file'),
  };
}

function stricter(a: CgroupLimits, b: CgroupLimits): CgroupLimits {
  const cpus = a.cpus === null ? b.cpus : b.cpus === null ? a.cpus : Math.min(a.cpus, b.cpus);
  const free = (limits: CgroupLimits): number =>
    limits.memoryBytes === null ? Infinity : limits.memoryBytes - limits.memoryUsedBytes;
  const tighter = free(b) < free(a) ? b : a;
  return { cpus, memoryBytes: tighter.memoryBytes, memoryUsedBytes: tighter.memoryUsedBytes };
}

function used(usage: number | null, statPath: string, droppable: string): number {
  const line = lines(statPath).find((candidate) => candidate.startsWith(`${droppable} `));
  return Math.max(0, (usage ?? 0) - Number(line?.split(' ')[1] ?? 0));
}

function number(path: string): number | null {
  const value = Number.parseInt(text(path), 10);
  return Number.isFinite(value) ? value : null;
}

function lines(path: string): string[] {
  return text(path).split('\n');
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
