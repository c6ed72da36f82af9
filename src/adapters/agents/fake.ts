import { Failure } from '../../kit/failure.ts';
import type { AgentsPort, Launch, LaunchRequest } from '../../ports/world.ts';
import { readStream } from './read-stream.ts';
import { composeEnvironment, type Environment } from './environment.ts';

export interface FakeAgents extends AgentsPort {
  /** Every request so far, in order. */
  readonly requests: readonly LaunchRequest[];
  /** The next launches fail with this code; null: they work again. */
  failWith(code: string | null): void;
}

/** Starts `program` whatever the agent, with the prompt on stdin; fails on demand. */
export function createFakeAgents(options: {
  readonly environment: Environment;
  readonly program: Launch['argv'];
}): FakeAgents {
  const requests: LaunchRequest[] = [];
  let code: string | null = null;
  return {
    openStream: readStream,
    requests,
    failWith(next) {
      code = next;
    },
    launch(request) {
      requests.push(request);
      if (code !== null) throw new Failure(code, `agent ${request.agent.name} cannot be started`);
      const coordinates = {
        COPSE_TASK: request.task,
        COPSE_WAVE: String(request.wave),
        COPSE_ATTEMPT: request.attempt,
        COPSE_WORKTREE: request.worktree,
      };
      const env = composeEnvironment({
        user: options.environment,
        passEnv: [],
        overlays: [request.env, coordinates],
      });
      return { argv: options.program, env, stdin: request.prompt, secrets: [] };
    },
  };
}
