#!/usr/bin/env node
/** Everything: build, `check`, then the suites that start real processes. The last line is `N passed, N failed`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checks, runChecks } from './lib/checks.mjs';
import { root } from './lib/entries.mjs';
import { must, run } from './lib/run.mjs';
import { readReport } from './lib/vitest-report.mjs';

const reports = mkdtempSync(path.join(tmpdir(), 'copse-test-'));
const reportOf = (name) => path.join(reports, `${name}.json`);
const total = { passed: 0, failed: 0, skipped: 0 };
const failedNames = [];

// The one thing the tests need that npm does not bring.
if ((await run(['git', '--version'])).code !== 0) await must(['apt-get', 'install', '-y', 'git']);
process.stderr.write(await must([process.execPath, 'scripts/build.mjs', '--types'], { cwd: root }));

const results = await runChecks(checks(reportOf('unit')), (line) => console.log(line));
add(
  readReport(reportOf('unit')),
  results.find((result) => result.name === 'unit and guards'),
);
for (const { name, code } of results) if (code !== 0 && name !== 'unit and guards') addFailure(name);

for (const project of ['contract', 'slow', 'crash']) {
  const report = reportOf(project);
  const argv = [
    process.execPath,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    '--passWithNoTests',
  ];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const result = await run([...argv, ...reporters], {
    cwd: root,
    onOutput: (chunk) => process.stdout.write(chunk),
  });
  add(readReport(report), { name: project, ...result });
}

rmSync(reports, { recursive: true, force: true });
for (const name of failedNames) console.log(`✗ ${name}`);
if (total.skipped > 0) console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

/** A run that fails without naming a failed test (an unhandled error, a crash) is a failure of its own. */
function add(sums, result) {
  total.passed += sums.passed;
  total.failed += sums.failed;
  total.skipped += sums.skipped;
  failedNames.push(...sums.names);
  if (result.code !== 0 && sums.failed === 0) addFailure(`${result.name}: exit ${result.code}`);
}

function addFailure(name) {
  total.failed++;
  failedNames.push(name);
}
