import type { Host } from '../host.ts';
import { defineVerdict } from '../inbox/define-verdict.ts';

export function define(host: Host) {
  return defineVerdict(
    host,
    'reject',
    'Say no: a permission is denied; work that waits for approval goes back to its agent with -m, and ends without.',
  );
}
