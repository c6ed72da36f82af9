/** What is built from what. An entry whose source does not exist is skipped with a note. */
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/**
 * Outputs sit flat in `dist/` (chunks too), so that `new URL('./supervisor.js', import.meta.url)` is right from any of
 * them. `split` entries share chunks and keep lazy imports lazy; the others are one file each, because they are started
 * as processes or threads of their own.
 */
export const entries = [
  { out: 'copse', source: 'src/main.ts', split: true, bin: true },
  { out: 'supervisor', source: 'src/adapters/processes/supervisor/main.ts' },
  { out: 'demo-agent', source: 'src/adapters/agents/demo/main.ts', bin: true },
  { out: 'acp-bridge', source: 'src/adapters/agents/acp/main.ts' },
  { out: 'mergequeue', source: 'src/core/mergequeue/index.ts', types: true },
];

/** Never bundled: a native module with prebuilt binaries, installed as an optional dependency. */
export const external = ['@photostructure/sqlite'];
