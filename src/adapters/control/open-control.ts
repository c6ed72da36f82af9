/** The control port over a unix socket: mode 0600 in a folder of mode 0700, one line in, one line out. */
import { chmod } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Failure } from '../../kit/failure.ts';
import type { ControlAnswer, ControlPort, ControlRequest, ControlServer } from '../../ports/control.ts';
import { decodeAnswer, decodeRequest, encode, MAX_LINE_BYTES } from './wire.ts';
import { isOwn, newSocketPlace } from './socket-path.ts';

/** Commands of one user at once; more wait in the kernel's queue. */
const MAX_CONNECTIONS = 64;
/** A connection that says nothing for this long is closed. */
const IDLE_MS = 10_000;

type Handler = (request: ControlRequest) => Promise<ControlAnswer>;

/** Sockets are made in `folder`, or, when its path is too long for one, in a private folder below the temporary one. */
export function openControl(folder: string): ControlPort {
  return { serve: (handler) => serve(folder, handler), ask };
}

async function serve(folder: string, handler: Handler): Promise<ControlServer> {
  const place = await newSocketPlace(folder);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    attend(socket, handler);
  });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await listen(server, place.path);
    await chmod(place.path, 0o600);
  } catch (cause) {
    server.close();
    await place.remove();
    throw new Failure('control-unavailable', `no control socket could be made at ${place.path}`, { cause });
  }
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const socket of open) if (!busy.has(socket)) socket.destroy();
    await closed;
    await place.remove();
  };
  return { address: place.path, close: () => (closing ??= close()) };
}

/** Connections whose request is being handled: they are answered before they end. */
const busy = new WeakSet<Socket>();

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function attend(socket: Socket, handler: Handler): void {
  socket.setTimeout(IDLE_MS, () => {
    if (!busy.has(socket)) socket.destroy();
  });
  socket.on('error', () => socket.destroy());
  readLine(socket).then(
    async (line) => {
      if (line === null) return;
      busy.add(socket);
      const answer = await answerTo(line, handler);
      socket.end(encode(answer));
    },
    () => socket.destroy(),
  );
}

async function answerTo(line: string, handler: Handler): Promise<ControlAnswer> {
  try {
    return await handler(decodeRequest(line));
  } catch (error) {
    if (error instanceof Failure) return { kind: 'refused', code: error.code, why: error.message };
    return { kind: 'refused', code: 'control-failed', why: 'the leader could not do what it was asked' };
  }
}

async function ask(address: string, request: ControlRequest, timeoutMs: number): Promise<ControlAnswer> {
  if (!(await isOwn(address))) throw unreachable(address, 'there is no socket of this user');
  const socket = connect(address);
  try {
    const line = await new Promise<string | null>((resolve, reject) => {
      socket.setTimeout(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
      socket.once('error', reject);
      socket.once('connect', () => socket.write(encode(request)));
      readLine(socket).then(resolve, reject);
    });
    if (line === null) throw new Error('the connection was closed without an answer');
    return decodeAnswer(line);
  } catch (cause) {
    throw unreachable(address, cause instanceof Error ? cause.message : 'unknown', cause);
  } finally {
    socket.destroy();
  }
}

function unreachable(address: string, why: string, cause?: unknown): Failure {
  return new Failure('leader-unreachable', `the leader does not answer at ${address}: ${why}`, {
    cause,
    hint: 'copse status',
  });
}

/** The first line; null when the other side ends before one is complete. */
function readLine(socket: Socket): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf(10);
      size += chunk.length;
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
      if (end !== -1) resolve(Buffer.concat(chunks).toString('utf8'));
      else if (size > MAX_LINE_BYTES) reject(new Error(`a line of more than ${MAX_LINE_BYTES} bytes`));
    });
    socket.once('close', () => resolve(null));
    socket.once('error', reject);
  });
}
