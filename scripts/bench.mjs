#!/usr/bin/env node
/**
 * `npm run bench [-- NAME… --full]`: runs every `bench/*.ts` (or those named) as a process of its own, one after the other, and
 * prints one JSON document. Each bench prints one JSON object `{ <metric>: { median, unit, … } }` on stdout.
 */
import { existsSync, readdirSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { external, root } from './lib/entries.mjs';
import { must, run } from './lib/run.mjs';

const folder = path.join(root, 'bench');
const names = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -'.ts'.length));
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'));
/** `--full`: more and larger runs, where a bench has them. */
const flags = process.argv.slice(2).filter((name) => name === '--full');
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are: ${names.join(', ')}`);
  process.exit(2);
}

process.stderr.write(await must([process.execPath, 'scripts/build.mjs', '--types'], { cwd: root }));
const selected = wanted.length > 0 ? wanted : names;
await build({
  absWorkingDir: root,
  entryPoints: selected.map((name) => `bench/${name}.ts`),
  outdir: 'dist/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  external,
  define: { COPSE_VERSION: '"bench"' },
  logLevel: 'warning',
});

const results = {};
const failures = [];
for (const name of selected) {
  process.stderr.write(`bench: ${name} …\n`);
  const { code, output, seconds } = await run(
    [process.execPath, '--expose-gc', path.join(root, 'dist/bench', `${name}.mjs`), ...flags],
    { cwd: root, env: { ...process.env, COPSE_BENCH_ROOT: root } },
  );
  const metrics = code === 0 ? lastJson(output) : null;
  if (metrics === null) {
    process.stderr.write(`${output}\n`);
    failures.push({ bench: name, exit: code });
    continue;
  }
  process.stderr.write(`bench: ${name} took ${seconds.toFixed(1)} s\n`);
  for (const [metric, value] of Object.entries(metrics))
    results[`${name}.${metric}`] = { ...value, script: `bench/${name}.ts` };
}
const machine = {
  node: process.version,
  platform: platform(),
  arch: arch(),
  cpus: cpus().length,
  cpu: cpus()[0]?.model ?? null,
  memory_bytes: totalmem(),
};
console.log(JSON.stringify({ schema: 'copse.bench/1', machine, results, failures }, null, 2));
process.exit(failures.length === 0 ? 0 : 1);

/** The last line that is a JSON object; what a bench narrates on stderr comes before it or between. */
function lastJson(output) {
  for (const line of output.trim().split('\n').toReversed()) {
    if (!line.startsWith('{')) continue;
    try {
      return JSON.parse(line);
    } catch {
      continue;
    }
  }
  return null;
}
