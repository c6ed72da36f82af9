import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/** Declaration files of exported modules in `dist/types/`, in the folders of `src/`; false when the compiler complains. */
export function declarations(root, dist, entries) {
  if (entries.length === 0) return true;
  const outDir = path.join(dist, 'types');
  const project = path.join(dist, 'tsconfig.types.json');
  mkdirSync(dist, { recursive: true });
  rmSync(outDir, { recursive: true, force: true });
  writeFileSync(
    project,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        emitDeclarationOnly: true,
        declaration: true,
        rootDir: '../src',
        outDir,
      },
      include: [],
      files: entries.map((entry) => `../${entry.source}`),
    }),
  );
  try {
    const tsc = path.join(root, 'node_modules/typescript7/bin/tsc');
    const { status } = spawnSync(process.execPath, [tsc, '-p', project], { stdio: ['ignore', 2, 2] });
    return status === 0;
  } finally {
    rmSync(project, { force: true });
  }
}
