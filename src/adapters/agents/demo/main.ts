/**
 * The demo agent: a program that plays a coding agent without a model, a network or a key. It reads a prompt from stdin,
 * or from the file named as its argument, and prints one JSON object a line.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { takeTurn } from './turn.ts';
import type { World } from './world.ts';

/** Resolves when the bytes are handed to the system: a reader that is gone must not stop the work. */
function write(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(bytes, () => resolve());
  });
}

process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const world: World = {
  root: realpathSync(process.cwd()),
  env: process.env,
  event: (event) => write(Buffer.from(`${JSON.stringify(event)}\n`)),
  raw: write,
  complain: (message) => void process.stderr.write(`${message}\n`),
};
const file = process.argv[2];
const outcome = await takeTurn(
  world,
  file === undefined ? await text(process.stdin) : readFileSync(file, 'utf8'),
);
if (outcome.kind === 'signal') process.kill(process.pid, outcome.name);
else process.exitCode = outcome.kind === 'exit' ? outcome.code : 0;
