import { Command } from '@commander-js/extra-typings';
import type { Host } from '../host.ts';
export function define(_: Host) {
  return new Command('diff');
}
