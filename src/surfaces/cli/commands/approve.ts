import type { Host } from '../host.ts';
import { defineVerdict } from '../inbox/define-verdict.ts';

export function define(host: Host) {
  return defineVerdict(
    host,
    'approve',
    'Say yes: a permission is allowed once, work that waits for approval goes on. It counts for the commit that was asked about, and for no other.',
  );
}
