/** Signs of life of real processes: what is still, what changes files, what uses the processor. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookAtProcess } from '../../src/adapters/processes/vital-signs.ts';
import type { AbsolutePath } from '../../src/core/ids.ts';
import type { ProcessPort, ProcessSpec } from '../../src/ports/processes.ts';
import { openRealRig } from '../support/process-rig.ts';

/** As if somebody looked two minutes later. */
const LATER_MS = 120_000;

let rig: Awaited<ReturnType<typeof openRealRig>>;
let port: ProcessPort;
beforeEach(async () => {
  rig = await openRealRig();
  port = rig.open();
});
afterEach(async () => rig.close());

async function started(script: string): Promise<ProcessSpec> {
  const spec = rig.spec({ argv: ['/bin/sh', '-c', script] });
  mkdirSync(spec.cwd, { recursive: true });
  await port.start(spec);
  return spec;
}

async function untilPrinted({ runDir }: ProcessSpec): Promise<void> {
  for (;;) {
    const { text } = await port.readLog(runDir, 0, 100);
    if (text.includes('up')) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe.runIf(process.platform === 'linux')('a process that is looked at', () => {
  const worktree = ({ cwd }: ProcessSpec): AbsolutePath => cwd;

  test('is idle while it sleeps, and shows what it printed last', async () => {
    const spec = await started('echo up; sleep 1000');
    await untilPrinted(spec);
    const seen = await lookAtProcess(spec.runDir, worktree(spec), Date.now() + LATER_MS);
    expect(seen).toMatchObject({ signs: { cpu: 'idle' }, tail: 'up\n' });
    expect(seen?.signs.outputAgeMs).toBeGreaterThanOrEqual(LATER_MS);
  });

  test('is busy while a child of it works', async () => {
    const spec = await started('echo up; (while :; do :; done)');
    await untilPrinted(spec);
    const seen = await lookAtProcess(spec.runDir, worktree(spec), Date.now() + LATER_MS);
    expect(seen?.signs.cpu).toBe('busy');
  });

  test('has changed a file since its last output', async () => {
    const spec = await started('echo up; sleep 1000');
    await untilPrinted(spec);
    writeFileSync(join(spec.cwd, 'made.txt'), 'x');
    const seen = await lookAtProcess(spec.runDir, worktree(spec), Date.now() + LATER_MS);
    expect(seen?.signs.filesAgeMs).not.toBeNull();
  });

  test('is not watched while it prints, and nothing is told of one that has ended', async () => {
    const spec = await started('echo up');
    await port.waitForExit(spec.runDir);
    expect(await lookAtProcess(spec.runDir, worktree(spec), Date.now())).toBeNull();
    const living = await started('echo up; sleep 1000');
    await untilPrinted(living);
    const seen = await lookAtProcess(living.runDir, worktree(living), Date.now());
    expect(seen?.signs.cpu).toBe('unknown');
  });
});
