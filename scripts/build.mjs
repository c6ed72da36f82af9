#!/usr/bin/env node
/**
 * Builds `dist/` with esbuild (about 200 ms).  --types: declaration files for the exported modules, too.
 * --if-possible: succeed without building when the development dependencies are not installed (`npm ci --omit=dev`).
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { entries, external, root } from './lib/entries.mjs';
import { declarations } from './lib/declarations.mjs';
import { thirdPartyLicences } from './lib/licences.mjs';
import { writeIfChanged } from './lib/write.mjs';

const dist = path.join(root, 'dist');
const options = new Set(process.argv.slice(2));
const note = (text) => process.stderr.write(`build: ${text}\n`);

const esbuild = await import('esbuild').catch((error) => {
  if (!options.has('--if-possible')) throw error;
  note('esbuild is not installed, nothing built');
  process.exit(0);
});

const started = performance.now();
const present = entries.filter(({ source, out }) => {
  const exists = existsSync(path.join(root, source));
  if (!exists) note(`${out}.js skipped: ${source} does not exist`);
  return exists;
});
const results = await Promise.all([
  bundle(
    present.filter((entry) => entry.split),
    true,
  ),
  bundle(
    present.filter((entry) => !entry.split),
    false,
  ),
]);
const outputs = new Map(results.flatMap((result) => result.files));
outputs.set(
  'THIRD-PARTY-LICENCES.txt',
  thirdPartyLicences(
    root,
    results.flatMap((result) => result.inputs),
  ),
);
for (const [name, content] of outputs) {
  const isProgram = present.some((entry) => entry.bin && `${entry.out}.js` === name);
  writeIfChanged(path.join(dist, name), content, isProgram ? 0o755 : 0o644);
}
removeStale();
if (options.has('--types')) {
  const types = present.filter((entry) => entry.types);
  const areMade = declarations(root, dist, types);
  // An installation must not fail for a type error; `npm run check` and `npm run pack-check` do.
  if (!areMade && !options.has('--if-possible')) process.exitCode = 1;
}
note(`${outputs.size} files in ${Math.round(performance.now() - started)} ms`);

/** Output names with contents, and the inputs they were made of. */
async function bundle(list, splitting) {
  if (list.length === 0) return { files: [], inputs: [] };
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(list.map((entry) => [entry.out, entry.source])),
    outdir: dist,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    splitting,
    chunkNames: '[name]-[hash]',
    charset: 'utf8',
    legalComments: 'none',
    // Half the size to install, read and compile; names stay, so that a stack trace can be read.
    minifyWhitespace: true,
    minifySyntax: true,
    define: { COPSE_VERSION: JSON.stringify(version) },
    external,
    logLevel: 'warning',
  });
  const bins = new Set(list.filter((entry) => entry.bin).map((entry) => `${entry.out}.js`));
  const files = result.outputFiles.map((file) => {
    const name = path.relative(dist, file.path);
    return [name, decorate(file.text, bins.has(name))];
  });
  return { files, inputs: Object.keys(result.metafile.inputs) };
}

/** A shebang for programs; `require` where a bundled CommonJS package asks for a built-in module. */
function decorate(text, isProgram) {
  const body = text.replace(/^#!.*\n/, '');
  // Not the full comparison: minifying rewrites it.
  const shim = /typeof require\b/.test(body)
    ? "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);\n"
    : '';
  return (isProgram ? '#!/usr/bin/env node\n' : '') + shim + body;
}

/** Chunks of earlier builds; the folders `types/`, `bench/` and `web/` have their own makers. */
function removeStale() {
  for (const entry of readdirSync(dist, { withFileTypes: true })) {
    if (entry.isFile() && !outputs.has(entry.name) && !entry.name.endsWith('.tmp'))
      rmSync(path.join(dist, entry.name), { force: true });
  }
}
