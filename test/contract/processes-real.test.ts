import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AbsolutePath } from '../../src/core/ids.ts';
import type { ProcessExit, ProcessPort, ProcessSpec } from '../../src/ports/processes.ts';
import { PROCESS_FAILPOINTS } from '../../src/adapters/processes/failpoints.ts';
import { bundleSupervisor, bundleText } from '../support/supervisor-bundle.ts';
import {
  eventually,
  isRunning,
  openRealRig,
  readWholeLog,
  supervisorPid,
  type ProcessRig,
} from '../support/process-rig.ts';

const hasProc = process.platform === 'linux';
const MB = 1_000_000;
const AT_ONCE = { interruptMs: 50, terminateMs: 50 };

describe('supervised processes of this machine', () => {
  let rig: ProcessRig & { readonly folder: AbsolutePath };
  let port: ProcessPort;

  beforeAll(async () => {
    rig = await openRealRig();
    port = rig.open();
  });

  afterAll(async () => rig.close());

  const shell = (script: string, change: Partial<ProcessSpec> = {}): ProcessSpec =>
    rig.spec({ argv: ['/bin/sh', '-c', script], ...change });
  const node = (code: string, change: Partial<ProcessSpec> = {}): ProcessSpec =>
    rig.spec({ argv: [process.execPath, '-e', code], ...change });
  const run = async (spec: ProcessSpec): Promise<ProcessExit> => {
    await port.start(spec);
    return port.waitForExit(spec.runDir);
  };
  const logOf = async (spec: ProcessSpec): Promise<string> => readWholeLog(port, spec.runDir);
  describe('what the process gets', () => {
    test('its environment is exactly the given one and the marker', async () => {
      const spec = rig.spec({
        argv: ['/usr/bin/env', '-0'],
        env: { A: '1', 'odd name': 'x y\nz', EMPTY: '' },
      });
      await run(spec);
      const names = (await logOf(spec)).split('\0').filter((entry) => entry !== '');
      expect(names.toSorted()).toEqual(
        ['A=1', 'odd name=x y\nz', 'EMPTY=', `COPSE_PROCESS_MARKER=${spec.marker}`].toSorted(),
      );
    });

    test.runIf(hasProc)('limits and niceness change neither its environment nor its arguments', async () => {
      const limits = { cpus: 1, memoryBytes: 300 * MB };
      const base = { env: { A: '1' }, limits, niceness: 7 };
      const environment = rig.spec({ argv: ['/usr/bin/env', '-0'], ...base });
      const own = rig.spec({ argv: ['/bin/cat', '/proc/self/stat', '/proc/self/limits'], ...base });
      expect(await run(environment)).toMatchObject({ code: 0 });
      expect(await run(own)).toMatchObject({ code: 0 });
      expect((await logOf(environment)).split('\0').filter(Boolean).toSorted()).toEqual([
        'A=1',
        `COPSE_PROCESS_MARKER=${environment.marker}`,
      ]);
      const text = await logOf(own);
      expect(text.split(' ')[18]).toBe('7');
      expect(text).toMatch(/Max data size\s+300000000/);
    });

    test('its input is delivered whole and closed', async () => {
      const stdin = 'prompt é\n'.repeat(200_000);
      const spec = rig.spec({ argv: ['/usr/bin/env', 'sha256sum'], stdin });
      expect(await run(spec)).toMatchObject({ code: 0 });
      const { createHash } = await import('node:crypto');
      expect(await logOf(spec)).toContain(createHash('sha256').update(stdin).digest('hex'));
    });

    test('its input is empty when none is given, and may be ignored when one is', async () => {
      const empty = rig.spec({ argv: ['/bin/cat'] });
      expect(await run(empty)).toMatchObject({ code: 0, outputBytes: 0 });
      expect(await run(rig.spec({ argv: ['/bin/true'], stdin: 'x'.repeat(5 * MB) }))).toMatchObject({
        code: 0,
      });
    });

    test('arguments pass unchanged', async () => {
      const odd = ['', ' ', '$(id)', '`id`', ';', '\\', '"', "'", '-rf', '--', 'ü\u{1f600}', 'a\nb'];
      const code = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
      for (const niceness of [0, 3]) {
        const spec = rig.spec({ argv: [process.execPath, '-e', code, '--', ...odd], niceness });
        expect(await run(spec)).toMatchObject({ code: 0 });
        expect(JSON.parse(await logOf(spec))).toEqual(odd);
      }
    });

    test('nothing secret is on disk, in the spec either', async () => {
      const secret = 'correct-horse-battery';
      const spec = shell('echo "$KEY"; cat', { env: { KEY: secret }, stdin: secret, secrets: [secret] });
      await run({ ...spec, argv: [...spec.argv, secret] });
      for (const name of readdirSync(spec.runDir))
        expect(readFileSync(join(spec.runDir, name), 'utf8'), name).not.toContain(secret);
      expect(JSON.parse(readFileSync(join(spec.runDir, 'spec.json'), 'utf8'))).toMatchObject({
        envNames: ['KEY'],
      });
    });
  });

  describe('starts that cannot succeed', () => {
    test.each([
      ['a folder as program', { argv: ['/tmp'] }],
      ['a file without permission', { argv: ['/etc/passwd'] }],
      ['a NUL in an argument', { argv: ['/bin/echo', 'a\0b'] }],
      ['an argument that is too long', { argv: ['/bin/echo', 'x'.repeat(3 * MB)] }],
      ['a working folder that is not there', { cwd: '/no/such/folder' as AbsolutePath }],
      ['a working folder that is a file', { cwd: '/etc/passwd' as AbsolutePath }],
    ] as const)('report %s as a failed start', async (_name, change) => {
      const exit = await run(rig.spec(change));
      expect(exit).toMatchObject({ cause: 'spawn-failed', code: null });
      expect(exit.detail).toBeTruthy();
    });

    test('do not show a secret in their reason', async () => {
      const spec = rig.spec({ env: { KEY: 'very-secret\0value' }, secrets: ['very-secret'] });
      expect((await run(spec)).detail).not.toContain('very-secret');
    });

    test('fail plainly when the run folder cannot be made', async () => {
      writeFileSync(join(rig.folder, 'a-file'), '');
      const spec = rig.spec({ runDir: join(rig.folder, 'a-file', 'run') as AbsolutePath });
      await expect(port.start(spec)).rejects.toThrow();
    });
  });

  describe('output', () => {
    test('a flood of 200 MB ends, is counted, and fills no more than the cap', async () => {
      const code = `const b = Buffer.alloc(1e6, 'abcdefghi\\n'); for (let n = 0; n < 200; n += 1) require('fs').writeSync(1, b);`;
      const cap = { headBytes: 2 * MB, tailBytes: 4 * MB };
      const spec = node(code, { logCap: cap });
      expect(await run(spec)).toMatchObject({ code: 0, outputBytes: 200 * MB });
      const onDisk = readdirSync(spec.runDir).reduce(
        (sum, name) => sum + statSync(join(spec.runDir, name)).size,
        0,
      );
      expect(onDisk).toBeLessThan(6 * MB + 10_000);
      const log = await logOf(spec);
      expect(log.length).toBeGreaterThan(5.7 * MB);
      expect(log.endsWith('abcdefghi\n')).toBe(true);
    });

    test.runIf(hasProc)('one line of 100 MB takes no memory to speak of', async () => {
      const code = `const b = Buffer.alloc(1e6, 'z'); for (let n = 0; n < 100; n += 1) require('fs').writeSync(1, b); setInterval(() => 0, 1e9)`;
      const spec = node(code);
      await port.start(spec);
      await eventually(() => keptTo(spec.runDir) >= 100 * MB);
      const status = readFileSync(`/proc/${supervisorPid(spec.runDir)}/status`, 'utf8');
      expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(150_000);
      expect(await port.stop(spec.runDir, AT_ONCE)).toMatchObject({ outputBytes: 100 * MB });
    });

    test('bytes that are no text are kept, and read leniently', async () => {
      const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x0a]);
      const spec = node(`require('fs').writeSync(1, Buffer.from('${bytes.toString('hex')}', 'hex'))`);
      await run(spec);
      expect(readFileSync(join(spec.runDir, 'log')).equals(bytes)).toBe(true);
      expect(await logOf(spec)).toBe(bytes.toString('utf8'));
    });

    test('a character is never cut between two pieces', async () => {
      const text = 'aé漢\u{1f600}'.repeat(500);
      const spec = rig.spec({ argv: ['/bin/cat'], stdin: text });
      await run(spec);
      for (const size of [4, 5, 6, 7, 64]) expect(await readWholeLog(port, spec.runDir, size)).toBe(text);
    });

    test('lines of the two streams do not break each other', async () => {
      const code = `const fs = require('fs'); const line = JSON.stringify({ a: 'x'.repeat(3e5) }) + '\\n';
        for (let n = 0; n < 20; n += 1) { for (let at = 0; at < line.length; at += 50000) { fs.writeSync(1, line.slice(at, at + 50000)); fs.writeSync(2, 'noise\\n'); } }`;
      const spec = node(code, { logCap: { headBytes: 10 * MB, tailBytes: MB } });
      await run(spec);
      const lines = (await logOf(spec)).split('\n');
      expect(lines.filter((line) => line === 'noise')).toHaveLength(140);
      expect(lines.filter((line) => line.length === 300_008 && line.endsWith('"}'))).toHaveLength(20);
    });

    test.runIf(hasProc && process.getuid?.() === 0)('a full disk cuts the log and nothing else', async () => {
      const mount = await mountSmallDisk(rig.folder, 3);
      try {
        const code = `const b = Buffer.alloc(1e6, 'y'); for (let n = 0; n < 20; n += 1) require('fs').writeSync(1, b); process.exit(12)`;
        const runDir = join(mount.path, 'run') as AbsolutePath;
        const spec = node(code, { runDir, logCap: { headBytes: 8 * MB, tailBytes: 8 * MB } });
        expect(await run(spec)).toMatchObject({ code: 12, cause: 'exited', outputBytes: 20 * MB });
        const log = await logOf(spec);
        expect(/bytes of output not kept/.test(log)).toBe(true);
        expect(log.length).toBeGreaterThan(MB);
      } finally {
        await mount.remove();
      }
    });
  });

  describe.runIf(hasProc)('processes that try to stay', () => {
    test.each([
      ['a child in the background', daemon('')],
      ['a session of its own', daemon('setsid')],
      ['a session and an emptied environment', daemon('setsid env -i PATH="$PATH"')],
      [
        'a double fork, deaf',
        `(setsid sh -c 'trap "" TERM INT HUP; echo $$ > daemon; while :; do sleep 1; done' &) ; while [ ! -s daemon ]; do :; done`,
      ],
    ])('are ended after the main process: %s', async (_name, script) => {
      const spec = shell(`${script}; exit 4`);
      const exit = await run(spec);
      expect(exit).toMatchObject({ cause: 'exited', code: 4, survivors: [] });
      expect(isRunning(await pidIn(spec, 'daemon'))).toBe(false);
    });

    test.each([
      ['setsid', daemon('setsid')],
      [
        'setsid env -i in another folder, below a living parent',
        daemon('cd / && setsid env -i PATH="$PATH" OUT="$PWD"')
          .replace('> daemon', '> "$OLD/daemon"')
          .replace('env -i', 'env -i OLD="$OLD"'),
      ],
    ])('are ended by a stop: %s', async (_name, script) => {
      const base = shell('');
      const text = script.replace('while [ ! -s daemon ]', 'while [ ! -s "$OLD/daemon" ]');
      const spec = {
        ...base,
        argv: ['/bin/sh', '-c', `OLD="$PWD"; export OLD; ${text}; sleep 1000`] as const,
      };
      await port.start(spec);
      const pid = await pidIn(spec, 'daemon');
      expect(await port.stop(spec.runDir, AT_ONCE)).toMatchObject({ cause: 'stopped', survivors: [] });
      expect(isRunning(pid)).toBe(false);
    });

    test('do not delay the exit by keeping the output open', async () => {
      // Another folder, no marker, another session, an orphan: beyond what can be found; it must only not hold us up.
      const spec = shell(
        `OLD="$PWD"; (cd / && setsid env -i PATH="$PATH" sh -c "echo \\$\\$ > '$OLD/daemon'; exec sleep 30" &); while [ ! -s daemon ]; do :; done; echo said; exit 5`,
      );
      const startedAt = performance.now();
      expect(await run(spec)).toMatchObject({ code: 5, cause: 'exited' });
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(await logOf(spec)).toBe('said\n');
      process.kill(await pidIn(spec, 'daemon'), 'SIGKILL');
    });

    test('what a person runs in the folder is left alone by a stop; an asked-for sweep ends it', async () => {
      const spec = shell('sleep 1000');
      await port.start(spec);
      const editor = spawn('sleep', ['1000'], { cwd: spec.cwd, detached: true, stdio: 'ignore' });
      const ended = once(editor, 'exit');
      await once(editor, 'spawn');
      await port.stop(spec.runDir, AT_ONCE);
      expect(isRunning(editor.pid ?? 0)).toBe(true);
      expect(await port.sweep({ marker: 'nothing-has-this-marker', cwd: spec.cwd })).toEqual([]);
      await ended;
    });

    test.runIf(existsSync('/usr/bin/script'))(
      'a terminal in the folder is reported by a sweep, never ended',
      async () => {
        const spec = rig.spec();
        const terminal = spawn(
          '/usr/bin/script',
          ['-qfc', `cd ${spec.cwd}; echo $$ > main; exec sleep 1000`, '/dev/null'],
          {
            detached: true,
            stdio: 'ignore',
          },
        );
        const ended = once(terminal, 'exit');
        const pid = await pidIn(spec, 'main');
        expect(await port.sweep({ marker: 'nothing-has-this-marker', cwd: spec.cwd })).toEqual([pid]);
        expect(isRunning(pid)).toBe(true);
        process.kill(pid, 'SIGKILL');
        await ended;
      },
    );
  });

  describe.runIf(hasProc)('deaths', () => {
    test('a killed supervisor takes its process along at the next look, by identity', async () => {
      const spec = shell(
        'trap "" PIPE; echo $$ > main; setsid sleep 1000 & echo $! > other; while :; do sleep 1; done',
      );
      await port.start(spec);
      const pids = [await pidIn(spec, 'main'), await pidIn(spec, 'other')];
      process.kill(supervisorPid(spec.runDir), 'SIGKILL');
      const seen = await eventuallyAsync(async () => {
        const now = await rig.open().look(spec.runDir);
        return now.kind === 'exited' ? now : null;
      });
      expect(seen.exit).toMatchObject({ cause: 'supervisor-lost', survivors: [] });
      for (const pid of pids) expect(isRunning(pid)).toBe(false);
    });

    test('a reused pid is not ours: nothing is signalled', async () => {
      const bystander = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
      await once(bystander, 'spawn');
      const spec = shell('sleep 1000');
      await port.start(spec);
      const record = JSON.parse(readFileSync(join(spec.runDir, 'pid'), 'utf8')) as { pid: number };
      process.kill(supervisorPid(spec.runDir), 'SIGKILL');
      process.kill(record.pid, 'SIGKILL');
      await eventually(() => !isRunning(record.pid) && !isRunning(supervisorPid(spec.runDir)));
      // The record as it would be if the kernel had given the pid to the bystander meanwhile.
      writeFileSync(
        join(spec.runDir, 'pid'),
        JSON.stringify({ ...record, pid: bystander.pid, startTicks: 1 }),
      );
      expect(await rig.open().look(spec.runDir)).toMatchObject({
        kind: 'exited',
        exit: { cause: 'supervisor-lost' },
      });
      expect(isRunning(bystander.pid ?? 0)).toBe(true);
      bystander.kill('SIGKILL');
    });

    test('records of another boot end as lost, and nothing is signalled', async () => {
      const spec = shell('sleep 1000');
      await port.start(spec);
      const lock = join(spec.runDir, 'lock');
      const genuine = readFileSync(lock, 'utf8');
      writeFileSync(lock, genuine.replace(/"bootId":"[^"]+"/, '"bootId":"earlier"'));
      const seen = await rig.open().look(spec.runDir);
      expect(seen).toMatchObject({
        kind: 'exited',
        exit: { cause: 'supervisor-lost', detail: 'the machine was restarted' },
      });
      const main = JSON.parse(readFileSync(join(spec.runDir, 'pid'), 'utf8')) as { pid: number };
      expect(isRunning(main.pid)).toBe(true);
      process.kill(main.pid, 'SIGKILL');
    });

    test('a supervisor that is told to end stops what it runs', async () => {
      const spec = shell('echo up; exec sleep 1000');
      await port.start(spec);
      process.kill(supervisorPid(spec.runDir), 'SIGTERM');
      expect(await port.waitForExit(spec.runDir)).toMatchObject({ cause: 'stopped', signal: 'SIGINT' });
    });

    test('a supervisor killed while it starts its process leaves nothing running and no second start', async () => {
      for (let delayUs = 0; delayUs < 6_000; delayUs += 400) {
        const spec = shell('echo ran >> runs; exec sleep 1000');
        const start = port.start(spec);
        await new Promise<void>((resolve) => {
          const poll = (): void => {
            if (!existsSync(join(spec.runDir, 'lock'))) {
              setImmediate(poll);
              return;
            }
            for (const until = performance.now() + delayUs / 1_000; performance.now() < until;);
            process.kill(supervisorPid(spec.runDir), 'SIGKILL');
            resolve();
          };
          poll();
        });
        await start;
        expect(await port.waitForExit(spec.runDir)).toMatchObject({
          cause: 'supervisor-lost',
          survivors: [],
        });
        expect(await port.start(spec)).toMatchObject({ kind: 'exited' });
        expect(carriers(spec.marker)).toEqual([]);
        const runs = existsSync(join(spec.cwd, 'runs')) ? readFileSync(join(spec.cwd, 'runs'), 'utf8') : '';
        expect(['', 'ran\n']).toContain(runs);
      }
    });

    test('killed at any moment after its start, a process ends exactly one way', async () => {
      for (let delayMs = 0; delayMs < 12; delayMs += 1) {
        const spec = shell('echo $$ > main; exec sleep 1000');
        await port.start(spec);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        process.kill(supervisorPid(spec.runDir), 'SIGKILL');
        expect(await port.waitForExit(spec.runDir)).toMatchObject({
          cause: 'supervisor-lost',
          survivors: [],
        });
        const record = JSON.parse(readFileSync(join(spec.runDir, 'pid'), 'utf8')) as { pid: number };
        expect(isRunning(record.pid)).toBe(false);
      }
    });
  });

  describe('an orchestrator that is killed', () => {
    const orchestrator = async (body: string, variables: Record<string, string> = {}) => {
      const code = await bundleText(`
        import { openProcesses } from './src/adapters/processes/open-processes.ts';
        import { openFailpoints } from './src/adapters/failpoints/open-failpoints.ts';
        const specs = JSON.parse(process.env.SPECS);
        const port = openProcesses({ failpoint: openFailpoints(process.env), supervisorEntry: process.env.ENTRY });
        ${body}`);
      return (specs: readonly ProcessSpec[]) =>
        spawn(process.execPath, ['--input-type=module', '-e', code], {
          env: { SPECS: JSON.stringify(specs), ENTRY: entry, ...variables },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
    };
    let entry: string;

    beforeAll(async () => {
      entry = await bundleSupervisor();
    });

    test('leaves 30 processes running, which the next adopts with their exit codes', async () => {
      const specs = Array.from({ length: 30 }, (_, index) =>
        shell(`echo begun; while [ ! -e go ]; do sleep 0.02; done; echo done; exit ${index}`),
      );
      const start = await orchestrator(`
        await Promise.all(specs.map((spec) => port.start(spec)));
        process.stdout.write('started');
        setInterval(() => 0, 1e9);`);
      const first = start(specs);
      await once(first.stdout, 'data');
      first.kill('SIGKILL');
      await once(first, 'exit');
      const next = rig.open();
      const sightings = await Promise.all(specs.map(async (spec) => next.look(spec.runDir)));
      expect(sightings.map((seen) => seen.kind)).toEqual(specs.map(() => 'running'));
      const exits = Promise.all(specs.map(async (spec) => next.waitForExit(spec.runDir)));
      for (const spec of specs) writeFileSync(join(spec.cwd, 'go'), '');
      expect((await exits).map((exit) => exit.code)).toEqual(specs.map((_, index) => index));
      expect(await readWholeLog(next, specs[7]?.runDir ?? specs[0]!.runDir)).toBe('begun\ndone\n');
    });

    test.each(
      PROCESS_FAILPOINTS.filter((name) => name !== 'adopt.scan').flatMap((name) => [
        `before:${name}`,
        `after:${name}`,
      ]),
    )('at %s: the next start runs it exactly once', async (point) => {
      const start = await orchestrator(
        `const [spec] = specs; await port.start(spec); await port.waitForExit(spec.runDir); process.stdout.write('survived');`,
        { COPSE_FAILPOINTS: `${point}=kill` },
      );
      const spec = shell('echo ran >> runs; sleep 0.1; exit 3');
      const first = start([spec]);
      const [, signal] = (await once(first, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      const next = rig.open();
      await next.start(spec);
      expect(await next.waitForExit(spec.runDir)).toMatchObject({ code: 3, cause: 'exited' });
      expect(readFileSync(join(spec.cwd, 'runs'), 'utf8')).toBe('ran\n');
    });

    test('several that start one folder at once run it once', async () => {
      const start = await orchestrator(
        `await Promise.all(specs.map((spec) => port.start(spec))); process.exit(0);`,
      );
      const specs = Array.from({ length: 5 }, () => shell('echo ran >> runs; sleep 0.2'));
      const rivals = Array.from({ length: 4 }, () => start(specs));
      await Promise.all(rivals.map(async (rival) => once(rival, 'exit')));
      for (const spec of specs) {
        expect(await port.waitForExit(spec.runDir)).toMatchObject({ cause: 'exited', code: 0 });
        expect(readFileSync(join(spec.cwd, 'runs'), 'utf8')).toBe('ran\n');
      }
    });

    test.runIf(hasProc)('leaves no idle supervisor behind', async () => {
      const start = await orchestrator(
        `port.warm(); setTimeout(() => process.stdout.write('warm'), 300); setInterval(() => 0, 1e9);`,
      );
      const first = start([]);
      await once(first.stdout, 'data');
      const idle = childrenOf(first.pid ?? 0);
      expect(idle).toHaveLength(1);
      first.kill('SIGKILL');
      await eventually(() => idle.every((pid) => !isRunning(pid)));
    });

    test('uses a supervisor again, unless its process left something behind or had to be ended', async () => {
      const supervisors = new Map<string, number>();
      const run = async (name: string, script: string, timeoutMs: number | null = null): Promise<void> => {
        const spec = { ...shell(script), timeoutMs };
        await port.start(spec);
        supervisors.set(name, supervisorPid(spec.runDir));
        await port.waitForExit(spec.runDir);
      };
      await run('first', 'true');
      await eventuallyAsync(async () => {
        await run('again', 'exit 3');
        return supervisors.get('again') === supervisors.get('first') ? true : null;
      });
      await run('leaves a writer', '(trap "" TERM; sleep 1000) & exit 0');
      await run('is ended', 'sleep 1000', 100);
      await run('last', 'true');
      expect(supervisors.get('is ended')).not.toBe(supervisors.get('leaves a writer'));
      expect(supervisors.get('last')).not.toBe(supervisors.get('is ended'));
    });

    test('is not kept alive by spares or by what it has started', async () => {
      const start = await orchestrator(
        `port.warm(); await port.start(specs[0]); process.stdout.write('end');`,
      );
      const spec = shell('sleep 1000');
      const [code] = (await once(start([spec]), 'exit')) as [number | null];
      expect(code).toBe(0);
      expect(await port.look(spec.runDir)).toMatchObject({ kind: 'running' });
    });
  });

  test('a stop asked for while the supervisor sleeps is honoured, and a frozen supervisor is given up', async () => {
    const spec = shell('sleep 1000');
    await port.start(spec);
    process.kill(supervisorPid(spec.runDir), 'SIGSTOP');
    const exit = port.stop(spec.runDir, { interruptMs: 100, terminateMs: 100 });
    await eventually(() => readdirSync(spec.runDir).includes('stop'));
    process.kill(supervisorPid(spec.runDir), 'SIGCONT');
    expect(await exit).toMatchObject({ cause: 'stopped', signal: 'SIGINT' });
  });
});

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return new RegExp(`^PPid:\\s+${parent}$`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      } catch {
        return false;
      }
    });
}

async function eventuallyAsync<T>(probe: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const value = await probe();
    if (value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function mountSmallDisk(
  folder: string,
  megabytes: number,
): Promise<{ path: string; remove(): Promise<void> }> {
  const { execFileSync } = await import('node:child_process');
  const { mkdirSync } = await import('node:fs');
  const path = join(folder, 'disk');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', path]);
  return {
    path,
    remove: async () => {
      execFileSync('umount', ['-l', path]);
    },
  };
}

/** The pid a script wrote into its folder. */
async function pidIn(spec: ProcessSpec, name: string): Promise<number> {
  return eventually(() => {
    try {
      return Number(readFileSync(join(spec.cwd, name), 'utf8').trim()) || null;
    } catch {
      return null;
    }
  });
}

/** Shell text that starts a process, in the way of `how`, which writes its pid into `daemon` and stays. */
function daemon(how: string): string {
  return `${how} sh -c 'echo $$ > daemon; exec sleep 1000' & while [ ! -s daemon ]; do :; done`;
}

/** Length of the log's stream so far. */
function keptTo(runDir: string): number {
  const last = readdirSync(runDir)
    .filter((name) => /^log\.\d+$/.test(name))
    .toSorted()
    .at(-1);
  return last === undefined ? 0 : Number(last.slice(4)) + statSync(join(runDir, last)).size;
}

/** Pids of processes that have `marker` in their environment. */
function carriers(marker: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${marker}\0`);
      } catch {
        return false;
      }
    });
}
