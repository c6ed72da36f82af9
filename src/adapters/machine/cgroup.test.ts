import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readCgroupLimits } from './cgroup.ts';

const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

describe('control group limits', () => {
  test('takes the strictest limit of a version 2 group and those above it', () => {
    const root = tree({
      'proc/self/cgroup': '0::/user/app\n',
      'sys/fs/cgroup/user/app/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/user/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/user/app/memory.max': '1000\n',
      'sys/fs/cgroup/user/app/memory.current': '700\n',
      'sys/fs/cgroup/user/app/memory.stat': 'anon 500\ninactive_file 200\n',
      'sys/fs/cgroup/user/memory.max': 'max\n',
    });
    expect(readCgroupLimits(root)).toEqual({ cpus: 1.5, memoryBytes: 1000, memoryUsedBytes: 500 });
  });

  test('reads version 1 groups, mounted so that the path is not there', () => {
    const root = tree({
      'proc/self/cgroup': '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '4096',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '4000',
      'sys/fs/cgroup/memory/memory.stat': 'total_inactive_file 1000\n',
    });
    expect(readCgroupLimits(root)).toEqual({ cpus: 2, memoryBytes: 4096, memoryUsedBytes: 3000 });
  });

  test('knows no limit where there is none, and where nothing can be read', () => {
    const unlimited = tree({
      'proc/self/cgroup': '4:memory:/\n3:cpu:/\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
    });
    for (const root of [unlimited, tree({})])
      expect(readCgroupLimits(root)).toEqual({ cpus: null, memoryBytes: null, memoryUsedBytes: 0 });
  });
});

function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'copse-cgroup-'));
  roots.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}
