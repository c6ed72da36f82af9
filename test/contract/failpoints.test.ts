import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { build } from 'esbuild';
import { openFailpoints, parseFailpoints } from '../../src/adapters/failpoints/open-failpoints.ts';

describe('failpoints', () => {
  test('reads names, actions and hits', () => {
    expect(
      parseFailpoints('after:publish.cas=kill@1, before:spawn.fork=throw@2,after:gate.exit=delay:500,'),
    ).toEqual([
      { name: 'after:publish.cas', action: { kind: 'kill' }, hit: 1 },
      { name: 'before:spawn.fork', action: { kind: 'throw' }, hit: 2 },
      { name: 'after:gate.exit', action: { kind: 'delay', ms: 500 }, hit: 1 },
    ]);
    expect(parseFailpoints('')).toEqual([]);
  });

  test.each([
    'publish.cas=kill',
    'after:x',
    'after:x=explode',
    'after:x=kill@0',
    'after:x=delay',
    'after:x=delay:-1',
  ])('refuses %s', (text) => {
    expect(() => parseFailpoints(text)).toThrowError(expect.objectContaining({ code: 'failpoint-invalid' }));
  });

  test('throws at the asked hit only', async () => {
    const hit = openFailpoints({ COPSE_FAILPOINTS: 'before:tag=throw@2' });
    await hit('before:tag');
    await hit('after:tag');
    await expect(hit('before:tag')).rejects.toMatchObject({ code: 'failpoint' });
    await hit('before:tag');
  });

  test('records every hit when a trace is asked for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'copse-failpoints-'));
    try {
      const trace = join(folder, 'trace');
      const hit = openFailpoints({ COPSE_FAILPOINTS: 'after:b=throw', COPSE_FAILPOINTS_TRACE: trace });
      await hit('before:b');
      await hit('after:b').catch(() => undefined);
      expect(readFileSync(trace, 'utf8')).toBe('before:b\nafter:b\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('ends the process at once, so that nothing after the point happens', async () => {
    const made = await build({
      stdin: {
        contents: `import { openFailpoints } from '../../src/adapters/failpoints/open-failpoints.ts';
          const hit = openFailpoints(process.env);
          process.stdout.write('one');
          await hit('before:x');
          process.stdout.write('two');`,
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
    });
    const code = made.outputFiles[0]?.text ?? '';
    const end = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      env: { COPSE_FAILPOINTS: 'before:x=kill' },
      encoding: 'utf8',
    });
    expect([end.signal, end.stdout]).toEqual(['SIGKILL', 'one']);
  });
});
