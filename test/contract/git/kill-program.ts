/** Opens the port, says so, performs one operation when told, says so, and waits for its end. */
import { once } from 'node:events';
import { openGit, type RealGit } from '../../../src/adapters/git/index.ts';
import type { AbsolutePath } from '../../../src/core/ids.ts';
import { perform, type Operation } from './kill-operations.ts';

interface Order {
  readonly root: AbsolutePath;
  readonly state: AbsolutePath;
  readonly operation: Operation;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const open = (): Promise<RealGit> =>
  openGit({ userRepository: order.root, stateDir: order.state, failpoint: async () => undefined });
const port = order.operation.name === 'open' ? null : await open();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  await perform(port ?? (await open()), order.operation);
  process.stdout.write('done\n');
} catch (error) {
  process.stdout.write(`failed ${String(error)}\n`);
}
await once(process.stdin, 'end');
