/** Bytes of the tarball and of what `npm install` of it leaves, with and without optional dependencies. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { metric, publish } from './lib/measure.ts';

const MEGABYTE = 1024 * 1024;
const root = process.env['COPSE_BENCH_ROOT'] ?? process.cwd();

interface Report {
  readonly packed_bytes: number;
  readonly with_scripts: { readonly installed_bytes: number };
  readonly omit_optional: { readonly installed_bytes: number };
}

const output = execFileSync(process.execPath, [join(root, 'scripts/pack-check.mjs'), '--sizes'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const report = JSON.parse(output) as Report;
publish({
  packed: metric([report.packed_bytes], 'bytes'),
  installed: metric([report.with_scripts.installed_bytes], 'bytes', { goal: { max: 30 * MEGABYTE } }),
  installed_without_optional: metric([report.omit_optional.installed_bytes], 'bytes'),
});
