#!/usr/bin/env node
// Plays an author or a reviewer: `review-agent.mjs FOLDER NAME [--session ID]`, the prompt on standard input. FOLDER holds
// `<name>.json`, a list of turns of which the last repeats; every call is noted in `calls.jsonl`. A turn may have
//   write    {path: text}: written; `commit: false` leaves it uncommitted
//   verdict  printed as a fenced block; `commit` is the head under review unless it is given
//   print    printed as it is, before the verdict
//   usd      what it says it cost · code  exit code · await  waits until FOLDER holds a file of that name
// With STREAM=copse in the environment everything is told as events of a stream client, with a session and its usage.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [folder, name, flag, given] = process.argv.slice(2);
const prompt = readFileSync(0, 'utf8');
const { COPSE_TASK: task, COPSE_REVIEW_HEAD: head, COPSE_ATTEMPT: attempt, STREAM: stream } = process.env;
const counter = join(folder, `${name}-${task}.count`);
const count = existsSync(counter) ? Number(readFileSync(counter, 'utf8')) : 0;
writeFileSync(counter, String(count + 1));
const session = flag === '--session' ? given : `${name}-${task}-${count + 1}`;
const call = {
  name,
  task,
  attempt,
  session: flag === '--session' ? given : null,
  prompt,
  cwd: process.cwd(),
};
appendFileSync(
  join(folder, 'calls.jsonl'),
  `${JSON.stringify({ ...call, role: process.env.COPSE_ROLE ?? null })}\n`,
);
const turns = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const turn = turns[Math.min(count, turns.length - 1)];

const tell = (event) => stream === 'copse' && process.stdout.write(`${JSON.stringify(event)}\n`);
const say = (text) => (stream === 'copse' ? tell({ type: 'text', text }) : process.stdout.write(`${text}\n`));
tell({ type: 'started', session, model: 'fake' });
say('looking');
if (turn.await !== undefined) {
  writeFileSync(join(folder, `${name}-waits`), '');
  await new Promise((resolve) => {
    const look = () => {
      if (!existsSync(join(folder, turn.await))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    look();
  });
}
for (const [path, text] of Object.entries(turn.write ?? {})) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text.replaceAll('{count}', String(count + 1)));
}
if (turn.write !== undefined && turn.commit !== false) {
  execFileSync('git', ['add', '-A']);
  execFileSync('git', [
    '-c',
    'user.name=x',
    '-c',
    'user.email=x@x',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    `${name} ${count + 1}`,
  ]);
}
if (turn.print !== undefined) say(turn.print);
if (turn.verdict !== undefined) {
  const text = JSON.stringify({ commit: head, summary: '', findings: [], earlier: [], ...turn.verdict });
  say(`The verdict:\n\`\`\`json\n${text.replaceAll('{count}', String(count + 1))}\n\`\`\``);
}
tell({ type: 'usage', basis: 'run', input_tokens: 100, output_tokens: 10, usd: turn.usd ?? 0.01 });
tell({ type: 'done', ok: (turn.code ?? 0) === 0, reason: 'end' });
process.exitCode = turn.code ?? 0;
