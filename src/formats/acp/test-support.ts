import type { TurnOptions } from './client.ts';

/** A new conversation with an agent that may edit. */
export const OPTIONS: TurnOptions = {
  cwd: '/work',
  prompt: 'go on',
  session: null,
  freshPrompt: null,
  permissions: 'edit',
  model: null,
  offersFiles: true,
  authMethod: null,
  mcpUrl: null,
  version: '1',
};
