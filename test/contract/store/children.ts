import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Node 20 runs no TypeScript, so the child's script is bundled once; the driver stays a package. */
export async function bundleChild(): Promise<{ folder: string; script: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'copse-store-child-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const script = join(folder, 'child.mjs');
  await build({
    entryPoints: [join(root, 'test/contract/store/leader-process.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@photostructure/sqlite'],
  });
  return { folder, script };
}

export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly stderr: () => string;
  next(): Promise<Record<string, unknown>>;
  ask(command: string): Promise<unknown>;
  end(signal?: NodeJS.Signals): Promise<void>;
}

export function startChild(script: string, path: string, node = process.execPath): Child {
  const child = spawn(node, [script, path], { stdio: 'pipe' });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`child ended: ${errors}`);
    return JSON.parse(value) as Record<string, unknown>;
  };
  return {
    process: child,
    stderr: () => errors,
    next,
    ask: (command) => {
      child.stdin.write(`${command}\n`);
      return next();
    },
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (signal === undefined) child.stdin.end();
      else child.kill(signal);
      await once(child, 'exit');
    },
  };
}
