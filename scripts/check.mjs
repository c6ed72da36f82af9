#!/usr/bin/env node
/** Types, lint, format, rooms, unused code, unit tests and guards: what every commit must pass. */
import { checks, runChecks } from './lib/checks.mjs';

const started = performance.now();
const results = await runChecks(checks(), (line) => console.log(line));
const failed = results.filter((result) => result.code !== 0).map((result) => result.name);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  failed.length === 0 ? `check passed in ${seconds} s` : `check failed in ${seconds} s: ${failed.join(', ')}`,
);
process.exit(failed.length === 0 ? 0 : 1);
