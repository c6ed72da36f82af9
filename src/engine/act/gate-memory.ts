/** Gate results that outlive a run: one small file each, named by the digest of its key. */
import type { GateResult } from '../../core/gates/model.ts';
import type { ActContext } from '../deps.ts';
import { under } from '../paths.ts';

/** null when nothing is known, or what is there cannot be read: then the gate runs again. */
export async function recallResult(context: ActContext, key: string): Promise<GateResult | null> {
  const text = await context.deps.files.read(fileOf(context, key));
  if (text === null) return null;
  try {
    const stored = JSON.parse(text) as { key?: unknown; result?: GateResult };
    return stored.key === key && stored.result !== undefined ? stored.result : null;
  } catch {
    return null;
  }
}

/** Only results that say something about the tree are kept: one that could not run is tried anew the next time. */
export async function rememberResult(context: ActContext, key: string, result: GateResult): Promise<void> {
  if (result.exit.code === null && result.exit.signal === null) return;
  // One that a power cut loses is one gate run more.
  await context.deps.files.write(fileOf(context, key), JSON.stringify({ key, result }), 'fast');
}

function fileOf(context: ActContext, key: string) {
  const name = context.deps.digest(key);
  return under(context.deps.paths.state, `gate-results/${name.slice(0, 2)}/${name.slice(2)}.json`);
}
