#!/usr/bin/env node
/**
 * What a user gets: packs the package, installs the tarball in empty folders with and without install scripts, runs the
 * command there, and prints packed and installed sizes as JSON. Goal: at most 30 MB installed.
 */
import { existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/entries.mjs';
import { must, run } from './lib/run.mjs';
import { withScratch } from './lib/scratch.mjs';

/** `--sizes`: nothing is started, for `npm run bench -- install-size`. */
const areSizesAll = process.argv.includes('--sizes');
const GOAL_BYTES = 30 * 1024 * 1024;
const NPM = ['--no-audit', '--no-fund', '--loglevel=error'];
let failures = 0;

await withScratch('pack', async (scratch) => {
  // Building here, with `--ignore-scripts` below, keeps the lifecycle scripts' output out of npm's JSON.
  process.stderr.write(await must([process.execPath, 'scripts/build.mjs', '--types'], { cwd: root }));
  const packed = await must(
    ['npm', 'pack', '--ignore-scripts', '--json', '--loglevel=silent', '--pack-destination', scratch],
    { cwd: root },
  );
  const [tarball] = JSON.parse(packed.slice(packed.indexOf('[')));
  const file = path.join(scratch, tarball.filename);
  const report = {
    packed_bytes: tarball.size,
    unpacked_bytes: tarball.unpackedSize,
    files: tarball.files.map((one) => one.path),
  };
  for (const [name, flags] of [
    ['with_scripts', []],
    ['ignore_scripts', ['--ignore-scripts']],
    ['omit_optional', ['--omit=optional']],
  ]) {
    report[name] = await install(path.join(scratch, name), file, flags);
  }
  report.goal = { installed_bytes: GOAL_BYTES, met: report.with_scripts.installed_bytes <= GOAL_BYTES };
  console.log(JSON.stringify(report, null, 2));
});
process.exit(failures === 0 ? 0 : 1);

async function install(folder, tarball, flags) {
  await must(['mkdir', folder]);
  writeFileSync(path.join(folder, 'package.json'), '{"private":true,"type":"module"}');
  await must(['npm', 'install', ...NPM, ...flags, tarball], { cwd: folder });
  const modules = path.join(folder, 'node_modules');
  const packages = readdirSync(modules).filter((name) => !name.startsWith('.'));
  const result = {
    installed_bytes: sizeOf(modules),
    copse_bytes: sizeOf(path.join(modules, 'copse')),
    packages,
  };
  if (areSizesAll) return result;
  const command = path.join(modules, '.bin/copse');
  if (existsSync(command)) {
    result.version = await tried('copse --version', [command, '--version'], folder);
    result.demo = await tried('copse demo', [command, 'demo'], folder);
  }
  if (existsSync(path.join(modules, 'copse/dist/mergequeue.js'))) {
    const script =
      "import('copse/mergequeue').then((m) => { if (Object.keys(m).length === 0) process.exit(1) })";
    result.mergequeue = await tried('copse/mergequeue', [process.execPath, '-e', script], folder);
  }
  return result;
}

async function tried(name, argv, cwd) {
  const { code, output, seconds } = await run(argv, { cwd });
  if (code !== 0) {
    failures++;
    process.stderr.write(`✗ ${name} in ${path.basename(cwd)}: exit ${code}\n${output}\n`);
  }
  return { exit: code, seconds: Number(seconds.toFixed(1)) };
}

/** Bytes of all files under `folder`, links not followed. */
function sizeOf(folder) {
  let total = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) total += lstatSync(path.join(entry.parentPath, entry.name)).size;
  }
  return total;
}
