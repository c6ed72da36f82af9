import { Failure } from '../../kit/failure.ts';
import type { ControlAnswer, ControlPort, ControlRequest } from '../../ports/control.ts';
import { decodeAnswer, decodeRequest, encode } from './wire.ts';

/** The control port inside one process: servers are found by address, messages go through the same text form. */
export function createFakeControl(): ControlPort {
  const servers = new Map<string, (request: ControlRequest) => Promise<ControlAnswer>>();
  let made = 0;
  return {
    async serve(handler) {
      made += 1;
      const address = `fake:${made}`;
      servers.set(address, handler);
      return {
        address,
        close: () => {
          servers.delete(address);
          return Promise.resolve();
        },
      };
    },
    async ask(address, request) {
      const handler = servers.get(address);
      if (handler === undefined) {
        throw new Failure('leader-unreachable', `the leader does not answer at ${address}`, {
          hint: 'copse status',
        });
      }
      try {
        return decodeAnswer(encode(await handler(decodeRequest(encode(request)))));
      } catch (error) {
        if (error instanceof Failure) return { kind: 'refused', code: error.code, why: error.message };
        return { kind: 'refused', code: 'control-failed', why: 'the leader could not do what it was asked' };
      }
    },
  };
}
