/** What the version of an installed client means for its preset. */
import type { ClientPreset } from './presets.ts';

/** Why the installed release may not do what the preset asks of it; null when nothing is known against it. */
export function versionTrouble(preset: ClientPreset, version: string, nodeVersion: string): string | null {
  const { leastVersion, leastNode } = preset;
  const found = /\d+(?:\.\d+)+/.exec(version)?.[0];
  if (leastVersion === null || found === undefined || compareVersions(found, leastVersion) >= 0) return null;
  const node = Number(nodeVersion.split('.')[0]);
  const why =
    leastNode !== null && node < leastNode
      ? `; on Node ${node} npm installs an old release without saying so, the present one needs Node ${leastNode}`
      : '';
  return `older than ${leastVersion}, which its flags were written for${why}`;
}

/** Below, at or above 0, by the numbers between the dots. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
