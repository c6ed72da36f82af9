import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeControl } from '../../src/adapters/control/fake-control.ts';
import { openControl } from '../../src/adapters/control/open-control.ts';
import type { TaskId } from '../../src/core/ids.ts';
import { Failure } from '../../src/kit/failure.ts';
import type { ControlPort, ControlRequest } from '../../src/ports/control.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'copse-control-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stop: ControlRequest = {
  kind: 'tell',
  facts: [{ kind: 'task.stop_requested', task: 'api' as TaskId, by: 'ann' }],
};

describe.each([
  ['fake', () => createFakeControl()],
  ['socket', () => openControl(path.join(folder, 'control'))],
  ['socket below a long path', () => openControl(path.join(folder, 'x'.repeat(120), 'control'))],
] as const)('%s control', (_, open: () => ControlPort) => {
  test('hands a request to the leader and its answer back', async () => {
    const control = open();
    const seen: ControlRequest[] = [];
    const server = await control.serve(async (request) => {
      seen.push(request);
      return request.kind === 'ping' ? { kind: 'pong', pid: 7, run: 'run-1' } : { kind: 'done' };
    });
    try {
      expect(await control.ask(server.address, { kind: 'ping' }, 5_000)).toEqual({
        kind: 'pong',
        pid: 7,
        run: 'run-1',
      });
      expect(await control.ask(server.address, stop, 5_000)).toEqual({ kind: 'done' });
      expect(seen).toEqual([{ kind: 'ping' }, stop]);
    } finally {
      await server.close();
    }
  });

  test('answers many at once', async () => {
    const control = open();
    const server = await control.serve(async () => ({ kind: 'done' }));
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => control.ask(server.address, { kind: 'drain' }, 5_000)),
    );
    expect(new Set(answers.map((answer) => answer.kind))).toEqual(new Set(['done']));
    await server.close();
  });

  test('tells the failure of a handler by its code', async () => {
    const control = open();
    const server = await control.serve(() => Promise.reject(new Failure('task-unknown', 'no task api')));
    expect(await control.ask(server.address, stop, 5_000)).toEqual({
      kind: 'refused',
      code: 'task-unknown',
      why: 'no task api',
    });
    await server.close();
  });

  test('does not tell a run what only the leader may decide', async () => {
    const control = open();
    const server = await control.serve(async () => ({ kind: 'done' }));
    const forged = [
      { kind: 'run.finished', outcome: 'done' },
      // A branch is named; which commit lands is not the teller's word.
      { kind: 'queue.entered', change: 'x', task: null, branch: 'x', head: 'a'.repeat(40) },
      // What an agent has read is seen, not told.
      { ...ANSWER, isDelivered: true },
      {
        kind: 'approval.asked',
        task: 'x',
        item: 'x.a1',
        wave: 1,
        head: 'a',
        tree: 'b',
        required: 1,
        from: [],
      },
    ];
    for (const fact of forged) {
      const request = { kind: 'tell', facts: [fact] } as unknown as ControlRequest;
      expect(await control.ask(server.address, request, 5_000)).toMatchObject({
        kind: 'refused',
        code: 'control-malformed',
      });
    }
    const held = { kind: 'tell', facts: [{ kind: 'change.held', change: 'x', by: 'anna' }] };
    expect(await control.ask(server.address, held as ControlRequest, 5_000)).toEqual({ kind: 'done' });
    const answer = { kind: 'tell', facts: [{ ...ANSWER, isDelivered: false }] };
    expect(await control.ask(server.address, answer as ControlRequest, 5_000)).toEqual({ kind: 'done' });
    await server.close();
  });

  test('says when nobody answers, also after the leader closed', async () => {
    const control = open();
    const server = await control.serve(async () => ({ kind: 'done' }));
    await server.close();
    await server.close();
    await expect(control.ask(server.address, { kind: 'ping' }, 5_000)).rejects.toMatchObject({
      code: 'leader-unreachable',
    });
  });
});

const ANSWER = {
  kind: 'question.answered',
  task: 'x',
  attempt: 'x.1',
  question: 'q1',
  answer: 'allow',
  by: 'anna',
  message: null,
};

describe('the socket', () => {
  test('is for this user alone', async () => {
    const server = await openControl(path.join(folder, 'control')).serve(async () => ({ kind: 'done' }));
    expect(statSync(server.address).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(server.address)).mode & 0o777).toBe(0o700);
    await server.close();
  });

  test('of a dead leader is removed by the next one, a living one is left', async () => {
    const control = path.join(folder, 'control');
    mkdirSync(control, { mode: 0o700 });
    const living = await openControl(control).serve(async () => ({ kind: 'done' }));
    writeFileSync(path.join(control, 'dead.sock'), '');
    const next = await openControl(control).serve(async () => ({ kind: 'done' }));
    expect(readdirSync(control).toSorted()).toEqual(
      [path.basename(living.address), path.basename(next.address)].toSorted(),
    );
    await living.close();
    await next.close();
    expect(readdirSync(control)).toEqual([]);
  });

  test.each([
    ['text that is not JSON', 'hello\n'],
    ['another object', '{"kind":"shutdown"}\n'],
    ['a list', '[]\n'],
    ['a fact without a kind', '{"kind":"tell","facts":[{}]}\n'],
  ])('refuses %s', async (_, text) => {
    const server = await openControl(folder).serve(async () => ({ kind: 'done' }));
    expect(await exchange(server.address, text)).toContain('"code":"control-malformed"');
    await server.close();
  });

  test('drops a line without an end', async () => {
    const server = await openControl(folder).serve(async () => ({ kind: 'done' }));
    expect(await exchange(server.address, 'x'.repeat(2 * 1024 * 1024))).toBe('');
    await server.close();
  });

  test('gives up on a leader that never answers', async () => {
    const address = path.join(folder, 'mute.sock');
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => {
      mute.listen(address, resolve);
    });
    await expect(openControl(folder).ask(address, { kind: 'ping' }, 50)).rejects.toMatchObject({
      code: 'leader-unreachable',
    });
    mute.close();
  });
});

function exchange(address: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}
