import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundleChild, startChild, type Child } from './store/children.ts';
import { leadOn, noted, sqliteMedium } from './store/harness.ts';

let bundle: { folder: string; script: string };
let medium: ReturnType<typeof sqliteMedium>;
const children: Child[] = [];

beforeAll(async () => {
  bundle = await bundleChild();
});
afterAll(() => rmSync(bundle.folder, { recursive: true, force: true }));
beforeEach(() => {
  medium = sqliteMedium();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end('SIGKILL')));
  medium.dispose();
});

async function child(): Promise<Child> {
  const started = startChild(bundle.script, medium.path);
  children.push(started);
  await started.next();
  return started;
}

test('of twenty processes that open and lead at once exactly one leads, and the others name it', async () => {
  const started = Array.from({ length: 20 }, () => startChild(bundle.script, medium.path));
  children.push(...started);
  await Promise.all(started.map((one) => one.next()));
  const answers = (await Promise.all(started.map((one) => one.ask('lead')))) as {
    kind: string;
    by?: { pid: number };
  }[];
  const winner = answers.findIndex((answer) => answer.kind === 'leading');
  expect(answers.filter((answer) => answer.kind === 'leading')).toHaveLength(1);
  const pids = answers.flatMap((answer) => (answer.by === undefined ? [] : [answer.by.pid]));
  expect(new Set(pids)).toEqual(new Set([started[winner]?.process.pid]));
  expect(pids).toHaveLength(19);
});

test('a killed leader is not reported, and the next leads at once with a new epoch', async () => {
  const [first, second] = [await child(), await child()];
  expect(await first.ask('lead')).toMatchObject({ kind: 'leading', epoch: 1 });
  expect(await second.ask('lead')).toMatchObject({ kind: 'held', by: { pid: first.process.pid } });
  const watcher = await medium.open();
  expect(await watcher.leader()).toMatchObject({
    pid: first.process.pid,
    epoch: 1,
    address: `of-${first.process.pid}`,
  });
  await first.end('SIGKILL');
  expect(await watcher.leader()).toBeNull();
  expect(await second.ask('lead')).toEqual({ kind: 'leading', epoch: 2 });
  expect((await watcher.leader())?.pid).toBe(second.process.pid);
  await watcher.close();
});

test('a stopped leader is fenced after a takeover, and its death frees nothing of the new one', async () => {
  const [first, second, third] = [await child(), await child(), await child()];
  await first.ask('lead');
  first.process.kill('SIGSTOP');
  expect(await second.ask('lead')).toMatchObject({ kind: 'held' });
  expect(await second.ask('takeover')).toEqual({ kind: 'leading', epoch: 2 });
  expect(await second.ask('append')).toMatchObject({ kind: 'appended' });
  first.process.kill('SIGCONT');
  expect(await first.ask('append')).toEqual({ kind: 'fenced', epoch: 2 });
  expect(await first.ask('lost')).toBe(true);
  await first.end('SIGKILL');
  expect(await third.ask('lead')).toMatchObject({ kind: 'held', by: { pid: second.process.pid } });
  expect(await second.ask('lost')).toBe(false);
  await second.end('SIGKILL');
  expect(await third.ask('lead')).toEqual({ kind: 'leading', epoch: 3 });
});

test('keeps every acknowledged append of a writer that is killed, and nothing by halves', async () => {
  for (let round = 1; round <= 3; round += 1) {
    const writer = await child();
    await writer.ask('lead');
    let acknowledged = ((await writer.ask('flood')) as { seq: number }).seq;
    for (let count = 0; count < round * 15; count += 1) acknowledged = Number((await writer.next())['seq']);
    await writer.end('SIGKILL');
    const store = await medium.open();
    const kept = await store.lastSeq();
    expect(kept).toBeGreaterThanOrEqual(acknowledged);
    expect(kept % 3).toBe((round - 1) % 3);
    expect(await store.verifyChain()).toBeNull();
    const { epoch } = await leadOn(store);
    expect((await store.append(kept, epoch, [noted('after')], 1)).kind).toBe('appended');
    await store.close();
  }
});

test('says nothing on stderr about an experimental SQLite', async () => {
  const quiet = await child();
  await quiet.ask('lead');
  await quiet.end();
  expect(quiet.stderr()).toBe('');
});
