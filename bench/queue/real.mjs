// Bundles the judge of real merges (Node 20 reads no TypeScript) and runs it: node bench/queue/real.mjs --workload FILE…
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const folder = mkdtempSync(path.join(tmpdir(), 'copse-bench-real-'));
try {
  const outfile = path.join(folder, 'main.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('real/main.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const { main } = await import(pathToFileURL(outfile).href);
  const program = fileURLToPath(new URL('../../dist/copse.js', import.meta.url));
  process.exitCode = await main(process.argv.slice(2), program);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
