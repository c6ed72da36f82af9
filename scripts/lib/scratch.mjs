import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Calls `work` with a new temporary folder, which is gone afterwards. */
export async function withScratch(name, work) {
  const folder = mkdtempSync(path.join(tmpdir(), `copse-${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
