import { Command } from '@commander-js/extra-typings';
import { EXIT } from '../exit-codes.ts';
import type { Host } from '../host.ts';

export function define(host: Host) {
  return new Command('version').description('Print the version.').action(() =>
    host.invoke(async ({ out, world }) => {
      const { version } = world;
      if (out.json) out.envelope('version', { version, node: process.version });
      else out.answer(version);
      return EXIT.done;
    }),
  );
}
