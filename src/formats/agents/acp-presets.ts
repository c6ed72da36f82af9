/** Coding agents that speak ACP, by name: one row each, nothing but data. */
import { ANTHROPIC, GOOGLE, OPENAI } from './credentials.ts';
import type { AcpPermission } from '../../core/agents/permissions.ts';

export interface AcpPreset {
  readonly name: string;
  readonly executable: string;
  /** `{flags}` is where the model and the plan's own arguments go. */
  readonly start: readonly string[];
  /** Before the name of the model; null: it is chosen through the protocol. */
  readonly modelFlag: string | null;
  /** Way to log in without a person, and the variable that has to be there for it. */
  readonly auth: { readonly method: string; readonly variable: string } | null;
  readonly passEnv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** More of it, so that the client asks where Copse is to answer, and does not where it is not. */
  readonly envFor: Partial<Readonly<Record<AcpPermission, Readonly<Record<string, string>>>>>;
  /** false: it makes no new file where its client reads for it. */
  readonly offersFiles: boolean;
  /** The login it shares with the same client in its other form. */
  readonly account: string;
  readonly pricedAs: string | null;
  readonly install: string;
}

const OPENCODE_ASKS = { OPENCODE_PERMISSION: '{"edit":"ask","bash":"ask","webfetch":"ask"}' };

export const ACP_PRESETS: readonly AcpPreset[] = [
  {
    name: 'gemini-acp',
    executable: 'gemini',
    start: ['--acp', '--skip-trust', '{flags}'],
    modelFlag: '-m',
    auth: { method: 'gemini-api-key', variable: 'GEMINI_API_KEY' },
    passEnv: GOOGLE,
    env: {},
    envFor: {},
    offersFiles: false,
    account: 'gemini',
    pricedAs: 'gemini-2.5-pro',
    install: 'npm install -g @google/gemini-cli',
  },
  {
    name: 'opencode-acp',
    executable: 'opencode',
    start: ['acp', '{flags}'],
    modelFlag: null,
    auth: null,
    passEnv: [...ANTHROPIC, ...OPENAI, ...GOOGLE, 'OPENCODE_CONFIG', 'OPENCODE_CONFIG_CONTENT'],
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
    envFor: { ask: OPENCODE_ASKS, plan: OPENCODE_ASKS },
    offersFiles: true,
    account: 'opencode',
    pricedAs: null,
    install: 'npm install -g opencode-ai',
  },
  {
    name: 'qwen-acp',
    executable: 'qwen',
    start: ['--acp', '{flags}'],
    modelFlag: '-m',
    auth: { method: 'openai', variable: 'OPENAI_API_KEY' },
    passEnv: [...OPENAI, 'OPENAI_MODEL', 'DASHSCOPE_API_KEY'],
    env: {},
    envFor: {},
    offersFiles: false,
    account: 'qwen',
    pricedAs: 'qwen3-coder-plus',
    install: 'npm install -g @qwen-code/qwen-code',
  },
  {
    name: 'claude-acp',
    executable: 'claude-agent-acp',
    start: ['{flags}'],
    modelFlag: null,
    auth: null,
    passEnv: [...ANTHROPIC, 'CLAUDE_CONFIG_DIR', 'CLAUDE_CODE_EXECUTABLE'],
    env: { DISABLE_AUTOUPDATER: '1' },
    envFor: {},
    offersFiles: true,
    account: 'claude',
    pricedAs: 'claude-sonnet-4-5',
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
  },
  {
    name: 'codex-acp',
    executable: 'codex-acp',
    start: ['{flags}'],
    modelFlag: null,
    auth: null,
    passEnv: [...OPENAI, 'CODEX_API_KEY', 'CODEX_HOME', 'CODEX_PATH', 'MODEL_PROVIDER'],
    env: {},
    // Its own sandbox cannot commit in a linked worktree.
    envFor: {
      edit: { INITIAL_AGENT_MODE: 'agent-full-access' },
      full: { INITIAL_AGENT_MODE: 'agent-full-access' },
      plan: { INITIAL_AGENT_MODE: 'read-only' },
    },
    offersFiles: true,
    account: 'codex',
    pricedAs: 'gpt-5',
    install: 'npm install -g @agentclientprotocol/codex-acp',
  },
  {
    name: 'copilot-acp',
    executable: 'copilot',
    start: ['--acp', '--no-auto-update', '{flags}'],
    modelFlag: '--model',
    auth: null,
    passEnv: ['GH_TOKEN', 'GITHUB_TOKEN', 'COPILOT_GITHUB_TOKEN', 'COPILOT_OFFLINE'],
    env: {},
    envFor: {},
    offersFiles: true,
    account: 'copilot',
    pricedAs: null,
    install: 'npm install -g @github/copilot',
  },
];

export function acpPresetNamed(name: string): AcpPreset | null {
  return ACP_PRESETS.find((preset) => preset.name === name) ?? null;
}

export function acpPresetNames(): readonly string[] {
  return ACP_PRESETS.map((preset) => preset.name);
}
