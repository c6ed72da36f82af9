#!/usr/bin/env node
// Plays a coding client: prints the recording that its script names for this call, line by line, works in between, and
// exits as the script says. FAKE_CLIENT names a folder: `<client>.json` is a list of turns
// {print, write?: {path: text}, code?, stderr?}, the last of which repeats; every call is noted in `calls.jsonl`.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const client = basename(process.argv[1]).replace('.mjs', '');
const folder = process.env.FAKE_CLIENT;
if (process.argv.includes('--version')) {
  console.log(readFileSync(join(dirname(process.argv[1]), `${client}.version`), 'utf8'));
  process.exit(0);
}
const stdin = process.stdin.isTTY ? '' : readFileSync(0, 'utf8');
const task = process.env.COPSE_TASK;
const counter = join(folder, `${client}-${task}.count`);
const count = existsSync(counter) ? Number(readFileSync(counter, 'utf8')) : 0;
writeFileSync(counter, String(count + 1));
const argv = process.argv.slice(2);
appendFileSync(
  join(folder, 'calls.jsonl'),
  `${JSON.stringify({ client, task, argv, stdin, home: process.env.HOME })}\n`,
);
const turns = JSON.parse(readFileSync(join(folder, `${client}.json`), 'utf8'));
const turn = turns[Math.min(count, turns.length - 1)];
const lines =
  turn.print === undefined
    ? []
    : readFileSync(turn.print, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
const half = Math.ceil(lines.length / 2);
for (const line of lines.slice(0, half)) process.stdout.write(`${line}\n`);
if (turn.stderr !== undefined) process.stderr.write(`${turn.stderr}\n`);
if (turn.write !== undefined) {
  for (const [path, text] of Object.entries(turn.write)) {
    const file = path.replace('{task}', task);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.replace('{count}', String(count + 1)));
  }
  execFileSync('git', ['add', '-A']);
  execFileSync('git', ['commit', '-q', '-m', `${client} turn ${count + 1}`]);
}
for (const line of lines.slice(half)) process.stdout.write(`${line}\n`);
process.exitCode = turn.code ?? 0;
