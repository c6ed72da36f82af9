import { statfsSync } from 'node:fs';

/** `statfs` magics of file systems where shared memory between machines, and so WAL, does not hold. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x00c36400, 'ceph'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x65735546, 'fuse'],
]);

/** Name of the network file system `folder` is on, null for a local one or where the system does not tell. */
export function networkFileSystem(
  folder: string,
  typeOf: (folder: string) => number = statfsType,
): string | null {
  return NETWORK_TYPES.get(typeOf(folder) >>> 0) ?? null;
}

/** Only Linux has stable numbers; elsewhere 0, which is none of the above. */
function statfsType(folder: string): number {
  return process.platform === 'linux' ? statfsSync(folder).type : 0;
}
