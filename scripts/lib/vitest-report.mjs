import { readFileSync } from 'node:fs';

/** Sums of one Vitest JSON report. A file that could not be loaded, and a report that is missing, are failures. */
export function readReport(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, names: [`no test report at ${file}`] };
  }
  const tests = report.testResults.flatMap((suite) => suite.assertionResults);
  const unloaded = report.testResults.filter(
    (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = tests.filter((test) => test.status === 'failed');
  const passed = tests.filter((test) => test.status === 'passed').length;
  return {
    passed,
    failed: failed.length + unloaded.length,
    skipped: tests.length - passed - failed.length,
    names: [...failed.map((test) => test.fullName), ...unloaded.map((suite) => suite.name)],
  };
}
