/** One suite for the port, on the fake and on the real adapter with a webhook on loopback; then what only the real one has. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNotify } from '../../src/adapters/notify/fake-notify.ts';
import { openNotify } from '../../src/adapters/notify/open-notify.ts';
import type { Notice } from '../../src/core/inbox/notices.ts';
import type { NotifyChannel } from '../../src/core/plan/model.ts';
import type { NotifyPort } from '../../src/ports/notify.ts';

const NOTICE: Notice = {
  key: 'needs_you:docs.a1:1000',
  cause: 'needs_you',
  run: 'run-1',
  task: 'docs',
  item: 'docs.a1',
  title: 'docs needs a person',
  text: 'gates passed on 1234567: may it go on? token-of-the-user',
  command: 'copse inbox next docs.a1',
  atMs: 1_000,
};

interface Got {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let got: Got[] = [];
/** Status of the answer; null: none is given. */
let answer: number | null = 200;

beforeEach(async () => {
  got = [];
  answer = 200;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, url, headers } = request;
      got.push({ method, url, headers, body });
      if (answer === null) return;
      response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function hook(more: Partial<Extract<NotifyChannel, { kind: 'webhook' }>> = {}): NotifyChannel {
  const { port } = server.address() as AddressInfo;
  const to = `http://127.0.0.1:${port}/hook?x=1`;
  return { kind: 'webhook', on: ['needs_you'], to, secretEnv: null, ...more };
}

function open(environment: Readonly<Record<string, string>> = {}): NotifyPort {
  return openNotify({ environment, platform: 'linux', secrets: ['token-of-the-user'], limitMs: 2_000 });
}

describe.each([
  ['the fake', () => new FakeNotify()],
  ['the real one', () => open()],
] as const)('a notify port: %s', (_name, make) => {
  test('delivers on a channel that takes it, as often as it is told to', async () => {
    const port = make();
    expect(await port.send(hook(), NOTICE)).toEqual({ kind: 'delivered' });
    expect(await port.send(hook(), NOTICE)).toEqual({ kind: 'delivered' });
  });

  test('answers and does not reject, whatever the channel does', async () => {
    const port = make();
    const dead = { kind: 'webhook', on: ['done'], to: 'http://127.0.0.1:1/', secretEnv: null } as const;
    await expect(port.send(dead, NOTICE)).resolves.toHaveProperty('kind');
  });
});

describe('a webhook', () => {
  test('gets one POST of one JSON object, with nothing secret in it', async () => {
    await open().send(hook(), NOTICE);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({ method: 'POST', url: '/hook?x=1' });
    expect(got[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-copse-event': 'needs_you',
      'x-copse-delivery': NOTICE.key,
    });
    const body = JSON.parse(got[0]?.body ?? '') as Record<string, unknown>;
    expect(body).toMatchObject({
      schema: 'copse.notice/1',
      id: NOTICE.key,
      event: 'needs_you',
      task: 'docs',
      item: 'docs.a1',
      command: 'copse inbox next docs.a1',
      at: '1970-01-01T00:00:01.000Z',
    });
    expect(got[0]?.body).not.toContain('token-of-the-user');
    expect(got[0]?.headers).not.toHaveProperty('x-copse-signature-256');
  });

  test('is signed with the secret of the environment, and gets nothing without it', async () => {
    const channel = hook({ secretEnv: 'HOOK_SECRET' });
    expect(await open().send(channel, NOTICE)).toMatchObject({ kind: 'refused', mayRetry: false });
    expect(got).toEqual([]);
    await open({ HOOK_SECRET: 's3cret' }).send(channel, NOTICE);
    const mac = createHmac('sha256', 's3cret')
      .update(got[0]?.body ?? '')
      .digest('hex');
    expect(got[0]?.headers['x-copse-signature-256']).toBe(`sha256=${mac}`);
  });

  test.each([
    [204, { kind: 'delivered' }],
    [500, { kind: 'refused', mayRetry: true }],
    [429, { kind: 'refused', mayRetry: true }],
    [404, { kind: 'refused', mayRetry: false }],
    [302, { kind: 'refused', mayRetry: false }],
  ])('that answers %i is known as that, and is asked once', async (status, outcome) => {
    answer = status;
    expect(await open().send(hook(), NOTICE)).toMatchObject(outcome);
    expect(got).toHaveLength(1);
  });

  test('that cannot be reached did not get it', async () => {
    const channel = hook();
    server.close();
    expect(await open().send(channel, NOTICE)).toMatchObject({ kind: 'refused', mayRetry: true });
  });

  test('that does not answer may have got it', async () => {
    answer = null;
    const port = openNotify({ environment: {}, platform: 'linux', secrets: [], limitMs: 100 });
    expect(await port.send(hook(), NOTICE)).toMatchObject({ kind: 'unsure' });
  });
});

describe('a desktop', () => {
  test('that is not there is absent', async () => {
    expect(await open().send({ kind: 'desktop', on: [] }, NOTICE)).toMatchObject({ kind: 'absent' });
    const there = open({ DISPLAY: ':0', PATH: '/nonexistent' });
    expect(await there.send({ kind: 'desktop', on: [] }, NOTICE)).toMatchObject({ kind: 'absent' });
  });
});
