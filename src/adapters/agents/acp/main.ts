/**
 * The bridge to an agent that speaks the Agent Client Protocol: takes one turn with it and prints what it tells as Copse's
 * own events, one JSON object a line. It runs under the supervisor in place of the agent, so its log, its deadlines and its
 * survival are those of any attempt. Exit 0: the turn ended well · 1: it did not, the last event says why · 130: cancelled.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { eventLine } from '../../../formats/agent-streams/copse.ts';
import type { Outcome } from '../../../formats/acp/client.ts';
import { redactText } from '../../../kit/redact.ts';
import { secretValues } from '../environment.ts';
import { parseBridgeArguments } from './arguments.ts';
import { Bridge } from './bridge.ts';

declare const COPSE_VERSION: string | undefined;

const EXIT_CODES: Readonly<Record<Outcome['kind'], number>> = { ended: 0, failed: 1, cancelled: 130 };

const given = parseBridgeArguments(process.argv.slice(2));
const prompt = await text(process.stdin);
const secrets = secretValues(process.env);
const bridge = new Bridge({
  turn: {
    cwd: realpathSync(process.cwd()),
    prompt,
    session: given.session,
    freshPrompt: given.brief === null ? null : readFileSync(given.brief, 'utf8'),
    permissions: given.permissions,
    model: given.model,
    offersFiles: given.offersFiles,
    authMethod: given.auth,
    mcpUrl: process.env['COPSE_MCP_URL'] ?? null,
    version: typeof COPSE_VERSION === 'string' ? COPSE_VERSION : '0',
  },
  command: given.command,
  env: process.env,
  questions: given.questions,
  answerMs: given.answerMs,
  signMs: given.signMs,
  redact: (words) => redactText(words, secrets),
  emit: (event) => {
    process.stdout.write(`${eventLine(event)}\n`);
  },
  onErrorOutput: (bytes) => {
    process.stderr.write(bytes);
  },
});
const cancel = (): void => {
  bridge.cancel();
};
process.on('SIGINT', cancel);
process.on('SIGTERM', cancel);
process.on('SIGHUP', cancel);
// Nobody reads any more: the supervisor is gone, and nothing may run without it.
process.stdout.on('error', cancel);
process.stderr.on('error', () => undefined);
process.exit(EXIT_CODES[(await bridge.run()).kind]);
