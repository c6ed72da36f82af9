import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROCESS_FAILPOINTS } from '../../src/adapters/processes/failpoints.ts';
import type { FakeScript } from '../../src/adapters/processes-fake/fake-script.ts';
import type { ProcessExit, ProcessPort, ProcessSpec } from '../../src/ports/processes.ts';
import { openFakeRig, openRealRig, readWholeLog, type ProcessRig } from '../support/process-rig.ts';

const QUICK = { interruptMs: 2_000, terminateMs: 2_000 };
const FOR_EVER: FakeScript = { exit: null, output: [{ afterMs: 0, text: 'up\n' }] };

describe.each([
  ['fake', openFakeRig],
  ['real', openRealRig],
] as const)('processes (%s)', (_name, openRig) => {
  let rig: ProcessRig;
  let port: ProcessPort;

  beforeAll(async () => {
    rig = await openRig();
    port = rig.open();
  });

  afterAll(async () => rig.close());

  const begin = async (script: FakeScript, change: Partial<ProcessSpec> = {}): Promise<ProcessSpec> => {
    const spec = rig.spec({ argv: rig.program(script), ...change });
    await rig.settle(port.start(spec));
    return spec;
  };
  const run = async (script: FakeScript, change: Partial<ProcessSpec> = {}): Promise<ProcessExit> =>
    rig.settle(port.waitForExit((await begin(script, change)).runDir));
  /** Running and past its own start-up: signal handlers are in place. */
  const beginAndHear = async (
    script: FakeScript,
    change: Partial<ProcessSpec> = {},
  ): Promise<ProcessSpec> => {
    const spec = await begin(
      { ...script, output: [{ afterMs: 1, text: 'up\n' }, ...(script.output ?? [])] },
      change,
    );
    for (;;) {
      const seen = await port.look(spec.runDir);
      if (seen.kind !== 'running' || seen.outputBytes > 0) return spec;
      await rig.settle(port.waitForExit(spec.runDir, AbortSignal.timeout(10))).catch(() => undefined);
    }
  };

  test.each([
    [{ exit: { afterMs: 0, code: 0 } }, { code: 0, signal: null, cause: 'exited' }],
    [{ exit: { afterMs: 5, code: 3 } }, { code: 3, signal: null, cause: 'exited' }],
    [{ exit: { afterMs: 5, code: 255 } }, { code: 255, signal: null, cause: 'exited' }],
    [{ exit: { afterMs: 5, signal: 'SIGKILL' } }, { code: null, signal: 'SIGKILL', cause: 'exited' }],
    [{ exit: { afterMs: 5, signal: 'SIGSEGV' } }, { code: null, signal: 'SIGSEGV', cause: 'exited' }],
  ] as const)('reports how %j ended', async (script, expected) => {
    const exit = await run(script);
    expect(exit).toMatchObject({ ...expected, survivors: [] });
    expect(exit.endedAtMs).toBeGreaterThanOrEqual(exit.startedAtMs);
  });

  test('shows a process as absent, running, exited', async () => {
    const spec = rig.spec({ argv: rig.program(FOR_EVER) });
    expect(await port.look(spec.runDir)).toEqual({ kind: 'absent' });
    expect(await rig.settle(port.start(spec))).toMatchObject({ kind: 'running' });
    const seen = await port.look(spec.runDir);
    expect(seen).toMatchObject({ kind: 'running' });
    if (seen.kind === 'running') expect(seen.lastActivityAtMs).toBeGreaterThanOrEqual(seen.startedAtMs);
    const exit = await rig.settle(port.stop(spec.runDir, QUICK));
    expect(await port.look(spec.runDir)).toEqual({ kind: 'exited', exit });
  });

  test('starts one folder once, however often it is asked', async () => {
    const spec = rig.spec({ argv: rig.program({ exit: null }) });
    const other = rig.open();
    const sightings = await rig.settle(Promise.all([port.start(spec), port.start(spec), other.start(spec)]));
    const pids = sightings.map((seen) => (seen.kind === 'running' ? seen.pid : seen.kind));
    expect(new Set(pids).size).toBe(1);
    const first = await rig.settle(port.stop(spec.runDir, QUICK));
    expect(await rig.settle(port.start(spec))).toEqual({ kind: 'exited', exit: first });
  });

  test('reports a missing program as a failed start, not as an exit code', async () => {
    for (const niceness of [0, 5]) {
      const spec = rig.spec({ argv: rig.missingProgram(), niceness });
      const seen = await rig.settle(port.start(spec));
      expect(seen).toMatchObject({
        kind: 'exited',
        exit: { cause: 'spawn-failed', code: null, signal: null },
      });
      if (seen.kind === 'exited') expect(seen.exit.detail).toBeTruthy();
    }
  });

  test('ends a process at its deadline', async () => {
    expect(await run({ exit: null }, { timeoutMs: 300 })).toMatchObject({
      cause: 'timeout',
      signal: 'SIGINT',
    });
    expect(await run({ exit: null, codeWhenStopped: 7 }, { timeoutMs: 2_500 })).toMatchObject({
      cause: 'timeout',
      code: 7,
    });
  });

  test('ends a process that gives no sign of life', async () => {
    const exit = await run(
      { exit: null, output: [{ afterMs: 100, text: 'only this\n' }] },
      { stallMs: 1_200 },
    );
    expect(exit).toMatchObject({ cause: 'stalled', signal: 'SIGINT' });
    expect(exit.endedAtMs - exit.startedAtMs).toBeGreaterThanOrEqual(1_195);
  });

  test('leaves a process alone that writes output or changes files', async () => {
    const moments = Array.from({ length: 8 }, (_, index) => 100 + index * 400);
    const exit = { afterMs: 3_300, code: 4 };
    const output = moments.map((afterMs) => ({ afterMs, text: '.' }));
    expect(await run({ exit, output }, { stallMs: 2_000 })).toMatchObject({ cause: 'exited', code: 4 });
    const spec = rig.spec();
    const files = { exit, fileChanges: moments };
    const watched = { ...spec, argv: rig.program(files), activityDir: spec.cwd, stallMs: 2_000 };
    expect(await run(files, watched)).toMatchObject({ cause: 'exited', code: 4 });
  });

  test('keeps head and tail of its output and says what is missing between them', async () => {
    const text = Array.from({ length: 4_000 }, (_, index) => line(index)).join('');
    const spec = await begin(
      { exit: { afterMs: 5, code: 0 }, output: [{ afterMs: 0, text }] },
      { logCap: { headBytes: 1_400, tailBytes: 16_000 } },
    );
    expect(await rig.settle(port.waitForExit(spec.runDir))).toMatchObject({ outputBytes: text.length });
    for (const pieceBytes of [100, 7_777, 1_000_000]) {
      const log = await readWholeLog(port, spec.runDir, pieceBytes);
      expect(log.startsWith(text.slice(0, 1_400))).toBe(true);
      expect(log.endsWith(text.slice(-15_000))).toBe(true);
      expect(log.match(/bytes of output not kept/g)).toHaveLength(1);
      expect(log.length).toBeLessThan(1_400 + 16_000 + 100);
    }
    const last = await port.readLog(spec.runDir, text.length - 14, 100);
    expect(last).toEqual({ text: line(3_999), nextOffset: text.length, totalBytes: text.length });
    expect((await port.readLog(spec.runDir, text.length + 999, 100)).text).toBe('');
  });

  test('has no log where nothing was started', async () => {
    expect(await port.readLog(rig.spec().runDir, 0, 100)).toEqual({ text: '', nextOffset: 0, totalBytes: 0 });
  });

  test('stops politely a process that obeys', async () => {
    const spec = await beginAndHear({ exit: null, codeWhenStopped: 9 });
    expect(await rig.settle(port.stop(spec.runDir, QUICK))).toMatchObject({ cause: 'stopped', code: 9 });
  });

  test('climbs to TERM, and to KILL for a deaf process', async () => {
    const half = await beginAndHear({ exit: null, ignores: ['SIGINT'] });
    expect(await rig.settle(port.stop(half.runDir, { interruptMs: 50, terminateMs: 5_000 }))).toMatchObject({
      cause: 'stopped',
      signal: 'SIGTERM',
    });
    const deaf = await beginAndHear({ exit: null, ignores: ['SIGINT', 'SIGTERM'] });
    expect(await rig.settle(port.stop(deaf.runDir, { interruptMs: 50, terminateMs: 50 }))).toMatchObject({
      cause: 'stopped',
      signal: 'SIGKILL',
      survivors: [],
    });
  });

  test('shortens a ladder that is under way when asked again', async () => {
    const deaf = await beginAndHear({ exit: null, ignores: ['SIGINT', 'SIGTERM'] });
    const patient = port.stop(deaf.runDir, { interruptMs: 3_000_000, terminateMs: 3_000_000 });
    const hasty = rig.open().stop(deaf.runDir, { interruptMs: 10, terminateMs: 10 });
    const exits = await rig.settle(Promise.all([patient, hasty]));
    expect(exits[0]).toMatchObject({ cause: 'stopped', signal: 'SIGKILL' });
    expect(exits[1]).toEqual(exits[0]);
  });

  test('answers a stop of what never was with null, and of what has ended with its exit', async () => {
    expect(await rig.settle(port.stop(rig.spec().runDir, QUICK))).toBeNull();
    const spec = await begin({ exit: { afterMs: 0, code: 6 } });
    const exit = await rig.settle(port.waitForExit(spec.runDir));
    expect(await rig.settle(port.stop(spec.runDir, QUICK))).toEqual(exit);
  });

  test('gives up waiting when the signal aborts, and the process runs on', async () => {
    const spec = await begin({ exit: null });
    const abort = new AbortController();
    const waiting = port.waitForExit(spec.runDir, abort.signal);
    abort.abort(new Error('changed our mind'));
    await expect(waiting).rejects.toThrow('changed our mind');
    await expect(port.waitForExit(spec.runDir, AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
    expect(await port.look(spec.runDir)).toMatchObject({ kind: 'running' });
  });

  test('refuses to wait for what never was', async () => {
    await expect(port.waitForExit(rig.spec().runDir)).rejects.toMatchObject({ code: 'process-absent' });
  });

  test('lets the next orchestrator watch, stop and read what the last one started', async () => {
    const spec = await beginAndHear({ exit: null, codeWhenStopped: 5 });
    const ends = await begin({ exit: { afterMs: 400, code: 8 } });
    const next = rig.open();
    expect(await next.look(spec.runDir)).toMatchObject({ kind: 'running' });
    expect(await rig.settle(next.waitForExit(ends.runDir))).toMatchObject({ code: 8, cause: 'exited' });
    expect(await rig.settle(next.stop(spec.runDir, QUICK))).toMatchObject({ cause: 'stopped', code: 5 });
    expect(await readWholeLog(next, spec.runDir)).toBe('up\n');
  });

  test('reports a process whose supervisor was killed as lost', async () => {
    const spec = await beginAndHear({ exit: null });
    const waiting = rig.open().waitForExit(spec.runDir);
    rig.loseSupervisor(spec.runDir);
    expect(await rig.settle(waiting)).toMatchObject({ cause: 'supervisor-lost', survivors: [] });
    expect(await rig.settle(port.start(spec))).toMatchObject({
      kind: 'exited',
      exit: { cause: 'supervisor-lost' },
    });
  });

  test('hides secrets', async () => {
    const secret = 'hunter2-hunter2';
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const output = [
      { afterMs: 0, text: `key=${secret} ${token} hunt` },
      { afterMs: 60, text: 'er2-hun' },
      { afterMs: 120, text: 'ter2 done\n' },
    ];
    const spec = await begin({ exit: { afterMs: 200, code: 0 }, output }, { secrets: [secret, 'abc'] });
    await rig.settle(port.waitForExit(spec.runDir));
    expect(await readWholeLog(port, spec.runDir)).toBe('key=*** *** *** done\n');
  });

  test('sweeps by marker and by folder, and leaves others alone', async () => {
    const byMarker = await begin({ exit: null });
    const byFolder = await begin({ exit: null });
    const spared = await begin({ exit: null });
    expect(await rig.settle(port.sweep({ marker: byMarker.marker, cwd: byFolder.cwd }))).toEqual([]);
    for (const spec of [byMarker, byFolder])
      expect(await rig.settle(port.waitForExit(spec.runDir))).toMatchObject({ cause: 'exited' });
    expect(await port.look(spared.runDir)).toMatchObject({ kind: 'running' });
  });

  test('passes its failpoints in order', async () => {
    const hits: string[] = [];
    const traced = rig.open(async (name) => {
      hits.push(name);
    });
    const spec = rig.spec({ argv: rig.program({ exit: { afterMs: 0, code: 0 } }) });
    await rig.settle(traced.start(spec));
    await rig.settle(traced.waitForExit(spec.runDir));
    const next = rig.open(async (name) => {
      hits.push(name);
    });
    await next.look(spec.runDir);
    await next.look(spec.runDir);
    expect(hits).toEqual(PROCESS_FAILPOINTS.flatMap((name) => [`before:${name}`, `after:${name}`]));
  });
});

/** 14 bytes. */
function line(index: number): string {
  return `line ${String(index).padStart(8, '0')}\n`;
}
