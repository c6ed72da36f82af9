/** Agents as processes: what to start, with which environment, and how the prompt gets in. Nothing is started here. */
import path from 'node:path';
import type { AcpSpec, AgentSpec } from '../../core/plan/model.ts';
import { assertNever } from '../../kit/assert.ts';
import { Failure } from '../../kit/failure.ts';
import type { AgentsPort, Launch, LaunchRequest } from '../../ports/world.ts';
import { bridgeArguments, DEFAULT_ANSWER_MS, signEvery } from './acp/arguments.ts';
import { composeEnvironment, type Environment, type EnvironmentParts, secretsOf } from './environment.ts';
import { readStream } from './read-stream.ts';
import { compileTemplate, type Placeholder } from './template.ts';

type CommandSpec = Extract<AgentSpec, { readonly kind: 'command' }>;

/** Linux refuses one argument of 128 KiB or more; a prompt near that goes by file. */
const MAX_ARGUMENT_BYTES = 100_000;

export interface AgentsOptions {
  /** The user's environment; read once per launch. */
  readonly environment: Environment;
  /** The Node that runs the demo agent. */
  readonly node: string;
  /** Absolute path of the built `demo-agent.js`. */
  readonly demoAgent: string;
  /** Absolute path of the built `acp-bridge.js`. */
  readonly acpBridge: string;
}

/** The real port. `launch` throws `Failure` `agent-template` for a command that cannot be built safely. */
export function createAgents(options: AgentsOptions): AgentsPort {
  return {
    openStream: readStream,
    launch(request) {
      const { agent } = request;
      switch (agent.kind) {
        case 'demo':
          return launchDemo(request, options);
        case 'command':
          return launchCommand(agent, request, options);
        default:
          return assertNever(agent);
      }
    },
  };
}

function launchDemo(request: LaunchRequest, options: AgentsOptions): Launch {
  const parts = partsOf(request, options.environment, [], {});
  const env = composeEnvironment(parts);
  const secrets = secretsOf(parts, env);
  return { argv: [options.node, options.demoAgent], env, stdin: request.prompt, secrets };
}

function launchCommand(agent: CommandSpec, request: LaunchRequest, options: AgentsOptions): Launch {
  const { script, uses } = compileTemplate(commandOf(agent, request));
  requireValues(request, uses);
  const reviewEnv = request.review ? (agent.client?.review?.env ?? {}) : {};
  const parts = partsOf(request, options.environment, agent.passEnv, { ...reviewEnv, ...agent.env });
  const env = composeEnvironment(parts);
  const argv = shellCommand(script, uses.has('prompt') ? argumentOf(request) : null);
  return {
    argv: agent.acp === undefined ? argv : bridged(agent.acp, argv, { request, options, env }),
    env,
    stdin: agent.promptVia === 'stdin' ? request.prompt : null,
    secrets: secretsOf(parts, env),
  };
}

/** The bridge in place of the agent, with the agent as its child. */
function bridged(
  acp: AcpSpec,
  command: readonly [string, ...string[]],
  { request, options, env }: Bridging,
): readonly [string, ...string[]] {
  const given = bridgeArguments({
    // Whoever judges only reads.
    permissions: request.review ? 'plan' : acp.permissions,
    questions: path.join(path.dirname(request.promptFile), 'questions'),
    session: request.session ?? null,
    brief: request.briefFile ?? null,
    model: acp.model,
    offersFiles: acp.offersFiles,
    auth: acp.auth !== null && env[acp.auth.variable] !== undefined ? acp.auth.method : null,
    answerMs: DEFAULT_ANSWER_MS,
    signMs: signEvery(request.stallMs),
    command,
  });
  return [options.node, options.acpBridge, ...given];
}

interface Bridging {
  readonly request: LaunchRequest;
  readonly options: AgentsOptions;
  readonly env: Readonly<Record<string, string>>;
}

/** A conversation that is named is gone on with, where the client can. */
function commandOf(agent: CommandSpec, request: LaunchRequest): string {
  const own = request.review ? (agent.client?.review ?? null) : null;
  const resume = (own === null ? agent.client?.resume : own.resume) ?? null;
  const isContinued = resume !== null && typeof request.session === 'string';
  return withPrompt({ ...agent, run: isContinued ? resume : (own?.run ?? agent.run) });
}

/** A template that names no prompt gets it as its last argument, unless it reads it from stdin or the variable itself. */
function withPrompt(agent: CommandSpec): string {
  const run = agent.run.trimEnd();
  if (agent.promptVia === 'stdin' || /\{prompt(?:_file)?\}|COPSE_PROMPT_FILE/.test(run)) return run;
  return `${run} ${agent.promptVia === 'file' ? '{prompt_file}' : '{prompt}'}`;
}

/** The prompt becomes a variable of the shell alone, also within functions and subshells of the template. */
function shellCommand(script: string, prompt: string | null): readonly [string, ...string[]] {
  if (prompt === null) return ['/bin/sh', '-c', script, 'copse-agent'];
  return ['/bin/sh', '-c', `copse_prompt=$1\nshift\n${script}`, 'copse-agent', prompt];
}

/** What cannot be an argument (too long, or with a NUL) is read from the prompt file instead. */
function argumentOf(request: LaunchRequest): string {
  const { prompt, promptFile } = request;
  if (Buffer.byteLength(prompt) <= MAX_ARGUMENT_BYTES && !prompt.includes('\0')) return prompt;
  return `The whole task is in the file ${promptFile} (${Buffer.byteLength(prompt)} bytes). Read all of it first, then do what it says.`;
}

function requireValues(request: LaunchRequest, uses: ReadonlySet<Placeholder>): void {
  const absent: Placeholder[] = [];
  if (uses.has('session') && !request.session) absent.push('session');
  if (uses.has('mcp_url') && !request.mcpUrl) absent.push('mcp_url');
  if (uses.has('git_dir') && !request.gitDirs) absent.push('git_dir');
  if (uses.has('git_common_dir') && !request.gitDirs) absent.push('git_common_dir');
  for (const name of ['schema', 'schema_file', 'answer_file'] as const)
    if (uses.has(name) && !request.review) absent.push(name);
  if (absent.length === 0) return;
  const names = absent.map((name) => `{${name}}`).join(' and ');
  throw new Failure(
    'agent-template',
    `${names} in the command of agent ${request.agent.name} is not available yet`,
  );
}

/** What a reviewer is to judge, and where its verdict may go. */
function reviewVariables({ review }: LaunchRequest): Readonly<Record<string, string>> {
  if (!review) return {};
  return {
    COPSE_ROLE: 'review',
    COPSE_REVIEW_ROUND: String(review.round),
    COPSE_REVIEW_BASE: review.since,
    COPSE_REVIEW_HEAD: review.head,
    COPSE_VERDICT_FILE: review.answerFile,
    COPSE_VERDICT_SCHEMA: review.schema,
    COPSE_VERDICT_SCHEMA_FILE: review.schemaFile,
  };
}

function partsOf(
  request: LaunchRequest,
  user: Environment,
  passEnv: readonly string[],
  agentEnv: Readonly<Record<string, string>>,
): EnvironmentParts {
  const own: Record<string, string> = {
    COPSE: '1',
    COPSE_TASK: request.task,
    COPSE_WAVE: String(request.wave),
    COPSE_ATTEMPT: request.attempt,
    COPSE_BRANCH: request.branch,
    COPSE_WORKTREE: request.worktree,
    COPSE_PROMPT_FILE: request.promptFile,
    ...(request.session ? { COPSE_SESSION: request.session } : {}),
    ...(request.gitDirs
      ? { COPSE_GIT_DIR: request.gitDirs.own, COPSE_GIT_COMMON_DIR: request.gitDirs.common }
      : {}),
    ...reviewVariables(request),
    ...(request.mcpUrl ? { COPSE_MCP_URL: request.mcpUrl } : {}),
  };
  return { user, passEnv, overlays: [request.env, agentEnv, own] };
}
