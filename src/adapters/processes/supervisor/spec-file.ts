import type { ProcessSpec } from '../../../ports/processes.ts';
import { redactText } from '../../../kit/redact.ts';

/**
 * What `spec.json` holds for people and tests: everything but the values of the environment, stdin and secrets, which
 * travel only through the pipe.
 */
export function describeSpec(spec: ProcessSpec): string {
  const { env, stdin, secrets, ...rest } = spec;
  const shown = {
    version: 1,
    ...rest,
    argv: spec.argv.map((argument) => redactText(argument, secrets)),
    envNames: Object.keys(env).toSorted(),
    stdinBytes: stdin === null ? null : Buffer.byteLength(stdin),
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}
