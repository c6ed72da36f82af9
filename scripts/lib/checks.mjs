/** The parts of `npm run check`; each is one program whose exit code is its verdict. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './entries.mjs';
import { run } from './run.mjs';

const bin = (name) => path.join(root, 'node_modules', name);
const node = process.execPath;
const linted = ['src', 'test', 'bench', 'scripts'].filter((folder) => existsSync(path.join(root, folder)));

/** `unitReport`: where Vitest also writes JSON. Longest first: with two cores the order of starting decides the total. */
export function checks(unitReport = '') {
  const report =
    unitReport === '' ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`];
  return [
    {
      name: 'unit and guards',
      argv: [node, bin('vitest/vitest.mjs'), 'run', '--project', 'unit', ...report],
    },
    { name: 'lint', argv: [node, bin('oxlint/bin/oxlint'), '--type-aware', ...linted] },
    { name: 'unused code', argv: [node, bin('knip/bin/knip.js'), '--no-progress'] },
    { name: 'format', argv: [node, bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'] },
    { name: 'types', argv: [node, bin('typescript7/bin/tsc'), '-p', '.'] },
    { name: 'rooms', argv: [node, 'scripts/rooms.mjs'] },
  ];
}

/** Runs them all, two at a time, and prints a line for each as it ends; the output of a failed one follows its line. */
export async function runChecks(list, print, width = 2) {
  const results = [];
  const waiting = [...list];
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const result = await run(check.argv, { cwd: root });
      results.push({ name: check.name, ...result });
      print(`${result.code === 0 ? '✓' : '✗'} ${check.name.padEnd(16)} ${result.seconds.toFixed(1)} s`);
      if (result.code !== 0)
        print(`${result.output.trimEnd()}\n  to run it alone: ${commandLine(check.argv)}\n`);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

function commandLine(argv) {
  return argv.map((part) => (part === node ? 'node' : part.replace(`${root}/`, ''))).join(' ');
}
