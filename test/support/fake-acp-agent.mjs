#!/usr/bin/env node
/**
 * A scripted agent that speaks ACP on its standard streams. Its first argument names a JSON file:
 * `{capabilities, protocolVersion, authMethods, new, load, session, turns: [[step, …], …], tellsLate, ignoreCancel, deaf,
 * ignoreEof}`.
 * Beside it: `<file>.journal`, every message it got, and `<file>.sessions`, the turns that each conversation has had, so that
 * a later process goes on with them.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const file = process.argv[2];
const script = JSON.parse(readFileSync(file, 'utf8'));
const sessionsFile = `${file}.sessions`;
const sessions = existsSync(sessionsFile) ? JSON.parse(readFileSync(sessionsFile, 'utf8')) : {};
const waiting = new Map();
let lastId = 100;
let wasCancelled = false;
let cancelled = () => undefined;
const isCancelled = new Promise((resolve) => {
  cancelled = () => {
    wasCancelled = true;
    resolve();
  };
});

const raw = (text) => process.stdout.write(text);
const send = (message) => raw(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const update = (sessionId, more) => send({ method: 'session/update', params: { sessionId, update: more } });
const text = (value) => ({ content: { type: 'text', text: value } });
const request = (method, params) =>
  new Promise((resolve) => {
    lastId += 1;
    waiting.set(lastId, resolve);
    send({ id: lastId, method, params });
  });
const keep = () => writeFileSync(sessionsFile, JSON.stringify(sessions));
const here = (value) =>
  JSON.parse(JSON.stringify(value).replaceAll('{cwd}', JSON.stringify(process.cwd()).slice(1, -1)));

const STEPS = {
  say: (session, value) => update(session, { sessionUpdate: 'agent_message_chunk', ...text(value) }),
  think: (session, value) => update(session, { sessionUpdate: 'agent_thought_chunk', ...text(value) }),
  update: (session, value) => update(session, value),
  notify: (_session, value) => send(value),
  run: (session, command) => {
    const toolCallId = `call-${(lastId += 1)}`;
    update(session, { sessionUpdate: 'tool_call', toolCallId, kind: 'execute', title: command });
    const ran = spawnSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
    const status = ran.status === 0 ? 'completed' : 'failed';
    update(session, { sessionUpdate: 'tool_call_update', toolCallId, status });
  },
  request: async (_session, { method, params }) => void (await request(method, params)),
  permission: async (sessionId, { toolCall, options, allowed }) => {
    const answer = await request('session/request_permission', {
      sessionId,
      toolCall,
      options: options ?? [
        { optionId: 'always', name: 'Always', kind: 'allow_always' },
        { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
        { optionId: 'no', name: 'No', kind: 'reject_once' },
      ],
    });
    if (['yes', 'always'].includes(answer.result?.outcome?.optionId)) await steps(sessionId, allowed ?? []);
  },
  raw: (_session, value) => raw(value),
  bytes: (_session, hex) => process.stdout.write(Buffer.from(hex, 'hex')),
  huge: async (_session, { before, count, after }) => {
    raw(before);
    const piece = 'x'.repeat(1_000_000);
    for (let sent = 0; sent < count; sent += piece.length) {
      if (!raw(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    raw(after);
  },
  flood: async (session, count) => {
    for (let at = 0; at < count; at += 1) {
      update(session, { sessionUpdate: 'agent_message_chunk', ...text(`${at} `) });
      if (process.stdout.writableNeedDrain) await new Promise((go) => process.stdout.once('drain', go));
    }
  },
  stderr: (_session, value) => void process.stderr.write(`${value}\n`),
  exit: (_session, code) => process.exit(code),
  kill: (_session, signal) => process.kill(process.pid, signal),
  hang: async () => (script.ignoreCancel ? new Promise(() => setInterval(() => 0, 1_000)) : isCancelled),
};

async function steps(session, list) {
  for (const step of list) {
    const [name] = Object.keys(step);
    await STEPS[name]?.(session, here(step[name]));
  }
}

async function prompt({ sessionId }) {
  const turn = sessions[sessionId] ?? 0;
  sessions[sessionId] = turn + 1;
  keep();
  const list = script.turns?.[Math.min(turn, script.turns.length - 1)] ?? [];
  await steps(sessionId, list);
  const last = list.at(-1) ?? {};
  if (last.error) throw last.error;
  const stopReason = last.stop ?? (wasCancelled ? 'cancelled' : 'end_turn');
  return { stopReason, ...(script.usage ? { usage: script.usage } : {}) };
}

const METHODS = {
  initialize: () => ({
    protocolVersion: script.protocolVersion ?? 1,
    authMethods: script.authMethods ?? [],
    agentCapabilities: { loadSession: false, ...script.capabilities },
  }),
  authenticate: () => ({}),
  'session/new': () => {
    if (script.new) throw script.new;
    const sessionId = `s${Object.keys(sessions).length + 1}`;
    sessions[sessionId] = 0;
    keep();
    return { sessionId, ...script.session };
  },
  'session/load': ({ sessionId }) => load(sessionId, script.load),
  'session/resume': ({ sessionId }) => load(sessionId, script.resume),
  'session/set_model': () => ({}),
  'session/set_config_option': () => ({}),
  'session/prompt': prompt,
};

function load(sessionId, refusal) {
  if (refusal) throw refusal;
  if (sessions[sessionId] === undefined) throw { code: -32_603, message: 'Session not found' };
  const replay = () => {
    update(sessionId, { sessionUpdate: 'agent_message_chunk', ...text('what was said before') });
    update(sessionId, { sessionUpdate: 'tool_call', toolCallId: 'old', title: 'old', status: 'completed' });
  };
  if (script.tellsLate) setImmediate(replay);
  else replay();
  return {};
}

async function take(line) {
  appendFileSync(`${file}.journal`, `${line}\n`);
  const message = JSON.parse(line);
  if (message.method === undefined) {
    waiting.get(message.id)?.(message);
    return;
  }
  if (message.method === 'session/cancel') {
    cancelled();
    return;
  }
  if (script.deaf === message.method) return;
  try {
    const method = METHODS[message.method];
    if (method === undefined) throw { code: -32_601, message: 'Method not found' };
    send({ id: message.id, result: await method(message.params ?? {}) });
  } catch (error) {
    send({
      id: message.id,
      error: error instanceof Error ? { code: -32_603, message: error.message } : error,
    });
  }
}

const input = createInterface({ input: process.stdin });
input.on('line', (line) => void take(line));
input.on('close', () => {
  if (!script.ignoreEof) process.exit(0);
});
if (script.ignoreEof) {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000);
}
