/**
 * Writes `schema/plan.v1.json` and `docs/reference/plan.md` from the schema of the plan file.
 * Run: npx esbuild scripts/generate-schema.ts --bundle --platform=node --format=esm --packages=external
 *   --outfile=dist/generate-schema.mjs && node dist/generate-schema.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { planSchemaFile } from '../src/formats/plan/json-schema.ts';
import { planReferencePage } from '../src/formats/plan/reference-page.ts';

const files = { 'schema/plan.v1.json': planSchemaFile(), 'docs/reference/plan.md': planReferencePage() };
for (const [file, text] of Object.entries(files)) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
