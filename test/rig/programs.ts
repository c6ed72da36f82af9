import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where `npm run build` leaves the programs. */
export const DIST = join(ROOT, 'dist');

/** Bundles a program of `test/rig` beside the built ones, where native packages resolve; made once per test process. */
export async function rigProgram(name: string): Promise<string> {
  const outfile = join(DIST, 'test', `${name}-${process.pid}.mjs`);
  if (existsSync(outfile)) return outfile;
  mkdirSync(join(DIST, 'test'), { recursive: true });
  await build({
    entryPoints: [join(ROOT, 'test/rig', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@photostructure/sqlite'],
    logLevel: 'silent',
  });
  return outfile;
}
