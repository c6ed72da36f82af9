import { existsSync } from 'node:fs';

/**
 * Entries are what is started or imported from outside. Ports are contracts, used as they come to be needed; types are
 * not reported. Before `src/main.ts` exists every module counts as an entry and dependencies are not judged.
 */
const isWired = existsSync('src/main.ts');
const programs = [
  'src/main.ts',
  'src/adapters/processes/supervisor/main.ts',
  'src/adapters/regex/worker.ts',
  'src/adapters/agents/demo/main.ts',
  'src/adapters/agents/acp/main.ts',
  'src/core/mergequeue/index.ts',
].filter((file) => existsSync(file));

export default {
  entry: [
    ...(isWired ? programs : ['src/**/*.ts']),
    'src/ports/*.ts',
    'bench/*.ts',
    'bench/queue/main.ts',
    'bench/queue/real/main.ts',
    'test/rig/orchestrator.ts',
    'test/contract/store/leader-process.ts',
    'scripts/*.mjs',
    'test/**/*.test.ts',
  ],
  project: ['src/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.mjs', 'test/**/*.ts'],
  exclude: ['types', 'nsTypes', 'enumMembers', 'duplicates', ...(isWired ? [] : ['dependencies'])],
  ignoreExportsUsedInFile: true,
  // Started by path in scripts/lib/checks.mjs, tsgolint by oxlint.
  ignoreBinaries: ['mkfifo'],
  ignoreDependencies: ['oxlint', 'oxlint-tsgolint', 'typescript7'],
};
