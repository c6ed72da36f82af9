/** Directives that do what agents should not: end badly, hang, flood, and touch what is not theirs. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EDITS } from './edits.ts';
import { DemoError, git, type Outcome, type World } from './world.ts';

type Perform = (world: World, operands: readonly string[]) => Promise<Outcome>;

const GO_ON: Outcome = { kind: 'go-on' };
const FOREVER_MS = 2 ** 31 - 1;
const MARKERS = 'before\n<<<<<<< ours\none\n=======\ntwo\n>>>>>>> theirs\nafter\n';

const ENDINGS: Readonly<Record<string, Perform>> = {
  async fail(world, [text = 'the demo agent was told to fail']) {
    world.complain(text);
    return { kind: 'exit', code: 1 };
  },
  exit: async (_world, [code = '1']) => ({ kind: 'exit', code: Math.min(255, Number(code)) }),
  kill: async (_world, [name = 'SIGKILL']) => {
    if (!/^SIG[A-Z0-9]+$/.test(name)) throw new DemoError(`${name} is no signal`);
    return { kind: 'signal', name: name as NodeJS.Signals };
  },
};

const HANGS: Readonly<Record<string, Perform>> = {
  async sleep(_world, [ms = '0']) {
    await delay(Number(ms));
    return GO_ON;
  },
  async work(world, [ms = '0']) {
    const until = performance.now() + Number(ms);
    for (let step = 1; performance.now() < until; step++) {
      await world.event({ type: 'text', text: `working (${step})` });
      await delay(50);
    }
    return GO_ON;
  },
  async stall() {
    for (;;) await delay(FOREVER_MS);
  },
  async overrun(world) {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
    for (let step = 1; ; step++) {
      await world.event({ type: 'text', text: `not stopping (${step})` });
      await delay(200);
    }
  },
  async daemon(world, [ms = '0']) {
    const script = `setTimeout(() => {}, ${Number(ms)})`;
    const child = spawn(process.execPath, ['-e', script], {
      detached: true,
      stdio: ['ignore', 'inherit', 'ignore'],
    });
    child.unref();
    await world.event({ type: 'tool', name: 'daemon', pid: child.pid, ok: true });
    return GO_ON;
  },
};

const FLOODS: Readonly<Record<string, Perform>> = {
  flood: (world, [size = '0']) =>
    pour(world, Number(size), Buffer.from(`${'flood '.repeat(20)}\n`.repeat(512))),
  'flood-line': (world, [size = '0']) => pour(world, Number(size), Buffer.alloc(65_536, 'x')),
  garbage(world, [size = '0']) {
    const pieces = [
      '{"type":"text","te',
      '\u001b]0;owned\u0007\u001b[2J',
      '\0\0',
      '{"type":"done"}}\n',
      '[1,2\n',
    ];
    const block = Buffer.concat([
      Buffer.from(pieces.join('')),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 10]),
    ]);
    return pour(world, Number(size), Buffer.concat(Array.from({ length: 512 }, () => block)));
  },
};

const TRESPASSES: Readonly<Record<string, Perform>> = {
  'conflict-markers': (world, [file = 'conflicted.txt']) => required(EDITS['write'])(world, [file, MARKERS]),
  async checkout(world, [branch = '']) {
    const exists = await git(world, 'rev-parse', '--verify', '-q', `refs/heads/${branch}`).catch(() => '');
    await git(world, 'checkout', '-q', ...(exists === '' ? ['-b'] : []), branch);
    return GO_ON;
  },
  async detach(world) {
    await git(world, 'checkout', '-q', '--detach');
    return GO_ON;
  },
  async 'move-ref'(world, [branch = '', revision = 'HEAD']) {
    await git(world, 'update-ref', `refs/heads/${branch}`, `${revision}^{commit}`);
    return GO_ON;
  },
  async 'delete-ref'(world, [branch = '']) {
    await git(world, 'update-ref', '-d', `refs/heads/${branch}`);
    return GO_ON;
  },
  async 'delete-worktree'(world) {
    const given = world.env['COPSE_WORKTREE'];
    // Only a folder that was handed over as throw-away is deleted, whatever the prompt says.
    if (given === undefined || realpathSync(given) !== world.root) {
      throw new DemoError('delete-worktree needs COPSE_WORKTREE to be the current folder');
    }
    rmSync(world.root, { recursive: true, force: true });
    return GO_ON;
  },
  async 'plant-hook'(world, [name = 'post-checkout']) {
    const common = path.resolve(world.root, await git(world, 'rev-parse', '--git-common-dir'));
    const hook = path.join(common, 'hooks', path.basename(name));
    mkdirSync(path.dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\ntouch "$(git rev-parse --git-common-dir)/copse-demo-hook-ran"\n');
    chmodSync(hook, 0o755);
    return GO_ON;
  },
  async 'plant-config'(world, [key = '', value = '']) {
    await git(world, 'config', '--local', key, value);
    return GO_ON;
  },
};

export const MISBEHAVIOUR: Readonly<Record<string, Perform>> = {
  ...ENDINGS,
  ...HANGS,
  ...FLOODS,
  ...TRESPASSES,
};

async function pour(world: World, bytes: number, block: Buffer): Promise<Outcome> {
  for (let left = bytes; left > 0; left -= block.length) {
    await world.raw(left < block.length ? block.subarray(0, left) : block);
  }
  await world.raw(Buffer.from('\n'));
  return GO_ON;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new DemoError('an action is missing from the table');
  return value;
}
