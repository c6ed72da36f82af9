#!/usr/bin/env node
/** Unit and contract tests and a smoke run of the built command on each supported Node, which npm provides. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/entries.mjs';
import { must, run } from './lib/run.mjs';
import { withScratch } from './lib/scratch.mjs';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24'];
const failed = [];
process.stderr.write(await must([process.execPath, 'scripts/build.mjs'], { cwd: root }));

await withScratch('node', async (scratch) => {
  for (const version of versions) await tryVersion(version, path.join(scratch, version));
});
console.log(failed.length === 0 ? `passed on Node ${versions.join(', ')}` : `failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);

async function tryVersion(version, prefix) {
  await must([
    'npm',
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--prefix',
    prefix,
    `node@${version}`,
  ]);
  const folder = path.join(prefix, 'node_modules/node/bin');
  const node = path.join(folder, 'node');
  // Programs that the tests start by name get the same Node.
  const env = { ...process.env, PATH: `${folder}${path.delimiter}${process.env.PATH}` };
  const exact = (await must([node, '--version'], { env })).trim();
  const vitest = [
    node,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'unit',
    '--project',
    'contract',
  ];
  await step(`${exact} tests`, vitest, { cwd: root, env });
  const copse = path.join(root, 'dist/copse.js');
  if (!existsSync(copse)) return;
  await step(`${exact} copse --version`, [node, copse, '--version'], { cwd: prefix, env });
  await step(`${exact} copse demo`, [node, copse, 'demo'], { cwd: prefix, env });
}

async function step(name, argv, options) {
  const { code, output, seconds } = await run(argv, options);
  console.log(`${code === 0 ? '✓' : '✗'} ${name}  ${seconds.toFixed(1)} s`);
  if (code === 0) return;
  failed.push(name);
  console.log(output.split('\n').slice(-60).join('\n'));
}
