/** Directives an ordinary agent's turn is made of: files, commits, commands, words. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { commitAll, DemoError, inside, type Outcome, type World } from './world.ts';

type Perform = (world: World, operands: readonly string[]) => Promise<Outcome>;

const GO_ON: Outcome = { kind: 'go-on' };

export const EDITS: Readonly<Record<string, Perform>> = {
  write: (world, [file = '', content = '']) =>
    edited(world, 'write', file, (target) => place(target, content)),
  append: (world, [file = '', content = '']) =>
    edited(world, 'append', file, (target) => appendFileSync(target, content)),
  replace: (world, [file = '', expression = '']) =>
    edited(world, 'replace', file, (target) => replaceIn(target, file, expression)),
  delete: (world, [file = '']) =>
    edited(world, 'delete', file, (target) => rmSync(target, { recursive: true, force: true })),
  symlink: (world, [file = '', to = '']) =>
    edited(world, 'symlink', file, (target) => symlinkSync(to, target)),
  async commit(world, [message = 'Change']) {
    await commitAll(world, message);
    return GO_ON;
  },
  async amend(world) {
    await commitAll(world, 'Amended', '--amend');
    return GO_ON;
  },
  run: (world, [command = '']) => runCommand(world, command),
  async say(world, [text = '']) {
    await world.event({ type: 'text', text });
    return GO_ON;
  },
  async ask(world, [text = '']) {
    await world.event({ type: 'ask', text });
    return GO_ON;
  },
  async usage(world, [input = '0', output = '0']) {
    await world.event({ type: 'usage', input_tokens: Number(input), output_tokens: Number(output), usd: 0 });
    return GO_ON;
  },
};

async function edited(
  world: World,
  name: string,
  file: string,
  change: (target: string) => void,
): Promise<Outcome> {
  const target = inside(world, file);
  mkdirSync(path.dirname(target), { recursive: true });
  // Writing through a link would change what it leads to.
  const isLink = lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink) unlinkSync(target);
  change(target);
  await world.event({ type: 'tool', name, path: file, ok: true });
  return GO_ON;
}

function place(target: string, content: string): void {
  writeFileSync(target, content);
}

function replaceIn(target: string, file: string, expression: string): void {
  const parts = /^s\/((?:\\.|[^/\\])+)\/((?:\\.|[^/\\])*)\/([gims]*)$/s.exec(expression);
  if (parts === null) throw new DemoError(`expected s/OLD/NEW/, not ${expression}`);
  const before = readFileSync(target, 'utf8');
  const replacement = (parts[2] ?? '').replaceAll('\\/', '/');
  const after = before.replace(new RegExp((parts[1] ?? '').replaceAll('\\/', '/'), parts[3]), replacement);
  if (after === before) throw new DemoError(`${file}: nothing matches ${expression}`);
  writeFileSync(target, after);
}

function runCommand(world: World, command: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: world.root,
      env: world.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      if (output.length < 64_000) output += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      void world
        .event({ type: 'tool', name: 'run', command, exit: code, output, ok: code === 0 })
        .then(() => resolve(code === 0 ? GO_ON : { kind: 'exit', code: code ?? 1 }));
    });
  });
}
