import { execFile } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { canReflink } from '../../../src/adapters/git/reflink.ts';
import { temporaryFolder } from './real-world.ts';

test.runIf(process.platform === 'linux')(
  'the probe says what cp says of this file system, and leaves nothing',
  async () => {
    const folder = await temporaryFolder();
    try {
      const found = await canReflink(folder);
      expect(await readdir(folder)).toEqual([]);
      await writeFile(join(folder, 'a'), 'x'.repeat(8_192));
      const cp = promisify(execFile)('cp', ['--reflink=always', 'a', 'b'], { cwd: folder });
      expect(found).toBe(await cp.then(() => true).catch(() => false));
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
