import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../../src/adapters/processes/supervisor/main.ts', import.meta.url));

/** Bundles `source` into one file named by its content; an unchanged bundle is reused by later test runs. */
export async function bundleProgram(source: string): Promise<string> {
  const result = await build({
    entryPoints: [source],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]?.contents;
  if (code === undefined) throw new Error(`esbuild made nothing of ${source}`);
  const folder = join(tmpdir(), 'copse-test-bundles');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`);
  if (!existsSync(path)) {
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, code);
    renameSync(temporary, path);
  }
  return path;
}

/** A program given as text, whose imports are relative to the repository, bundled to text for `node --input-type=module -e`. */
export async function bundleText(contents: string): Promise<string> {
  const resolveDir = fileURLToPath(new URL('../..', import.meta.url));
  const result = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    write: false,
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The supervisor program, as `openProcesses` needs it. */
export async function bundleSupervisor(): Promise<string> {
  return bundleProgram(SOURCE);
}
