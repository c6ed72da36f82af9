/**
 * Coding agents that are known by name: one row each, nothing but data. A change of a client's flags is a change of its row,
 * or of a plan that gives its own (`args`, `run`). Everything is given by flag or environment: nothing is written into the
 * user's home or into the tree.
 */
import { ANTHROPIC, GOOGLE, OPENAI } from './credentials.ts';
import type { StreamFormat } from '../../core/agents/formats.ts';

/** edit: works in its folder without asking · plan: reads only · full: no limits but the system's. */
export const PERMISSIONS = ['edit', 'plan', 'full'] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface ClientPreset {
  readonly name: string;
  readonly executable: string;
  /**
   * Arguments of a new conversation and of one that goes on; null: it cannot. `{flags}` is where permissions, model and the
   * plan's own arguments go; the other placeholders are those of a command agent.
   */
  readonly start: readonly string[];
  /** Shell commands before it, each a line: what a client needs that no flag and no fixed variable can give. */
  readonly prelude?: readonly string[];
  readonly resume: readonly string[] | null;
  readonly promptVia: 'arg' | 'stdin' | 'file';
  /** Flags by permission; null: it has no such mode. */
  readonly permissions: Readonly<Record<Permission, readonly string[] | null>>;
  /** One of these in a command of a plan's own lets it work without asking; none: it needs no leave. */
  readonly approval: readonly string[];
  /** Before the name of the model; null: it has no such flag. */
  readonly modelFlag: string | null;
  /** Hold its last answer to a JSON schema; empty: it cannot. */
  readonly schemaFlags: readonly string[];
  readonly output: StreamFormat;
  /** Variables its login may be in; the values are not looked at. */
  readonly passEnv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whose price is taken where neither client nor plan names a model. */
  readonly pricedAs: string | null;
  readonly install: string;
  readonly login: string;
  /** The release its row was written for, and what is known to be too old. */
  readonly leastVersion: string | null;
  /** Oldest Node its present release runs on; npm silently gives older Nodes an older release. */
  readonly leastNode: number | null;
  readonly traps: readonly string[];
}

/**
 * Without a terminal gemini 0.61 refuses every login when a base URL is set, unless its settings name the way to log in.
 * Settings of the system count only where root owns them and every folder above, so where the user's own settings name
 * none it gets a home of its own for the run: outside home and tree, and the same for every turn, since it keeps its
 * conversations there.
 */
const GEMINI_LOGIN = [
  'if [ -n "$GOOGLE_GEMINI_BASE_URL" ] && [ -n "$GEMINI_API_KEY" ] && [ -z "$GEMINI_CLI_HOME$GEMINI_CLI_SYSTEM_DEFAULTS_PATH$GEMINI_CLI_SYSTEM_SETTINGS_PATH" ] && ! grep -qs \'"selectedType"\' "$HOME/.gemini/settings.json"; then',
  'GEMINI_CLI_HOME="${COPSE_PROMPT_FILE%/*/*/*}/gemini-home"',
  'mkdir -p "$GEMINI_CLI_HOME/.gemini"',
  `[ -e "$GEMINI_CLI_HOME/.gemini/settings.json" ] || { printf '%s' '{"security":{"auth":{"selectedType":"gemini-api-key"}}}' > "$GEMINI_CLI_HOME/.gemini/settings.json.$$" && mv "$GEMINI_CLI_HOME/.gemini/settings.json.$$" "$GEMINI_CLI_HOME/.gemini/settings.json"; }`,
  'export GEMINI_CLI_HOME',
  'fi',
];

/** In the order in which a run without a plan prefers them. */
export const PRESETS: readonly ClientPreset[] = [
  {
    name: 'claude',
    executable: 'claude',
    start: ['-p', '--output-format', 'stream-json', '--verbose', '{flags}'],
    resume: ['-p', '--output-format', 'stream-json', '--verbose', '--resume', '{session}', '{flags}'],
    promptVia: 'stdin',
    permissions: {
      edit: ['--permission-mode', 'acceptEdits', '--allowedTools', 'Bash,Edit,Write'],
      plan: ['--permission-mode', 'plan'],
      full: ['--dangerously-skip-permissions'],
    },
    approval: [
      '--permission',
      '--allowedTools',
      '--allowed-tools',
      '--dangerously-skip-permissions',
      '--settings',
    ],
    modelFlag: '--model',
    schemaFlags: ['--json-schema', '{schema}'],
    output: 'claude',
    passEnv: [...ANTHROPIC, 'CLAUDE_CONFIG_DIR'],
    env: { DISABLE_AUTOUPDATER: '1' },
    pricedAs: 'claude-sonnet-4-5',
    install: 'npm install -g @anthropic-ai/claude-code',
    login: 'run claude once and log in, or set ANTHROPIC_API_KEY',
    leastVersion: '2.1.200',
    leastNode: 22,
    traps: ['permissions: full is refused for the user root'],
  },
  {
    name: 'codex',
    executable: 'codex',
    start: ['exec', '--json', '-C', '{worktree}', '--skip-git-repo-check', '{flags}', '-'],
    resume: ['exec', '--json', '--skip-git-repo-check', '{flags}', 'resume', '{session}', '-'],
    promptVia: 'stdin',
    permissions: {
      // Both folders of git: with either one alone it cannot commit in a linked worktree, and exits with 0 all the same.
      edit: ['--sandbox', 'workspace-write', '--add-dir', '{git_common_dir}', '--add-dir', '{git_dir}'],
      plan: ['--sandbox', 'read-only'],
      full: ['--dangerously-bypass-approvals-and-sandbox'],
    },
    approval: ['--sandbox', '-s ', '--full-auto', '--dangerously-bypass', '--yolo', 'sandbox_mode'],
    modelFlag: '--model',
    // The answer by file too: its stream may be cut.
    schemaFlags: ['--output-schema', '{schema_file}', '--output-last-message', '{answer_file}'],
    output: 'codex',
    passEnv: [...OPENAI, 'CODEX_API_KEY', 'CODEX_HOME'],
    env: {},
    pricedAs: 'gpt-5',
    install: 'npm install -g @openai/codex',
    login: 'codex login, or set CODEX_API_KEY',
    leastVersion: '0.160.0',
    leastNode: null,
    traps: ['CODEX_HOME below the temporary folder: its sandbox does not start, and it exits with 0'],
  },
  {
    name: 'gemini',
    executable: 'gemini',
    prelude: GEMINI_LOGIN,
    // A brief too long for an argument could not go by file: outside its workspace it reads none.
    start: ['-o', 'stream-json', '--skip-trust', '{flags}'],
    resume: ['-o', 'stream-json', '--skip-trust', '--resume', '{session}', '{flags}'],
    promptVia: 'stdin',
    permissions: { edit: ['--yolo'], plan: ['--approval-mode', 'plan'], full: ['--yolo'] },
    approval: ['--yolo', '-y', '--approval-mode', '--allowed-tools'],
    modelFlag: '-m',
    schemaFlags: [],
    output: 'gemini',
    passEnv: GOOGLE,
    env: {},
    pricedAs: 'gemini-2.5-pro',
    install: 'npm install -g @google/gemini-cli',
    login: 'run gemini once and log in, or set GEMINI_API_KEY',
    leastVersion: '0.40.0',
    leastNode: 20,
    traps: ['says nothing while the account is busy: the stall limit ends it'],
  },
  {
    name: 'opencode',
    executable: 'opencode',
    // As an argument a prompt with spaces reaches its model in quotes, with every quote of its own escaped.
    start: ['run', '--format', 'json', '{flags}'],
    resume: ['run', '--format', 'json', '--session', '{session}', '{flags}'],
    promptVia: 'stdin',
    permissions: { edit: ['--auto'], plan: ['--agent', 'plan'], full: ['--auto'] },
    approval: [],
    modelFlag: '-m',
    schemaFlags: [],
    output: 'opencode',
    passEnv: [...ANTHROPIC, ...OPENAI, ...GOOGLE, 'OPENCODE_CONFIG', 'OPENCODE_CONFIG_CONTENT'],
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
    pricedAs: null,
    install: 'npm install -g opencode-ai',
    login: 'opencode auth login',
    leastVersion: '1.18.0',
    leastNode: null,
    traps: ['the first start in a home takes 10 s'],
  },
  {
    name: 'qwen',
    executable: 'qwen',
    start: ['-o', 'stream-json', '{flags}', '-p', '{prompt}'],
    resume: ['-o', 'stream-json', '--resume', '{session}', '{flags}', '-p', '{prompt}'],
    promptVia: 'arg',
    permissions: { edit: ['--yolo'], plan: ['--approval-mode', 'plan'], full: ['--yolo'] },
    approval: ['--yolo', '-y', '--approval-mode', '--allowed-tools'],
    modelFlag: '-m',
    schemaFlags: ['--json-schema', '{schema}'],
    output: 'qwen',
    passEnv: [...OPENAI, 'OPENAI_MODEL', 'DASHSCOPE_API_KEY'],
    env: {},
    pricedAs: 'qwen3-coder-plus',
    install: 'npm install -g @qwen-code/qwen-code',
    login:
      'run qwen once and log in, or set OPENAI_API_KEY and OPENAI_BASE_URL and give it args: [--auth-type, openai]',
    leastVersion: '0.20.0',
    leastNode: 22,
    traps: [
      'adds a Co-authored-by line to commits',
      'with a key and no login of its own it needs args: [--auth-type, openai]',
    ],
  },
  {
    name: 'copilot',
    executable: 'copilot',
    start: ['--output-format', 'json', '--no-ask-user', '--no-auto-update', '{flags}', '-p', '{prompt}'],
    resume: [
      '--output-format',
      'json',
      '--no-ask-user',
      '--no-auto-update',
      '--resume={session}',
      '{flags}',
      '-p',
      '{prompt}',
    ],
    promptVia: 'arg',
    permissions: {
      edit: ['--allow-all-tools', '--allow-all-paths', '--deny-tool', 'shell(git push)'],
      plan: ['--allow-all-tools', '--deny-tool', 'write', '--deny-tool', 'shell'],
      full: ['--allow-all-tools', '--allow-all-paths'],
    },
    approval: ['--allow-all', '--allow-tool', '--yolo'],
    modelFlag: '--model',
    schemaFlags: [],
    output: 'copilot',
    passEnv: ['GH_TOKEN', 'GITHUB_TOKEN', 'COPILOT_GITHUB_TOKEN', 'COPILOT_OFFLINE'],
    env: {},
    pricedAs: null,
    install: 'npm install -g @github/copilot',
    login: 'run copilot once and log in, or set GH_TOKEN',
    leastVersion: '1.0.0',
    leastNode: 22,
    traps: ['tells no cost in money'],
  },
  {
    name: 'aider',
    executable: 'aider',
    // Its histories and its repository map would be files in the tree.
    start: [
      '--yes-always',
      '--no-stream',
      '--no-pretty',
      '--no-gitignore',
      '--no-check-update',
      '--no-show-release-notes',
      '--no-analytics',
      '--map-tokens',
      '0',
      '--chat-history-file',
      '/dev/null',
      '--input-history-file',
      '/dev/null',
      '{flags}',
      '--message-file',
      '{prompt_file}',
    ],
    resume: null,
    promptVia: 'file',
    permissions: { edit: ['--auto-commits'], plan: ['--chat-mode', 'ask'], full: ['--auto-commits'] },
    approval: ['--yes'],
    modelFlag: '--model',
    schemaFlags: [],
    output: 'aider',
    passEnv: [...ANTHROPIC, ...OPENAI, ...GOOGLE],
    env: {},
    pricedAs: null,
    install: 'see aider.chat',
    login: 'it reads its key from the environment',
    leastVersion: null,
    leastNode: null,
    traps: [
      'works without its repository map, which is a file in the tree: args: --map-tokens 4096 turns it on',
    ],
  },
  {
    name: 'amp',
    executable: 'amp',
    // As an argument after another flag it takes no prompt, and going on it takes it for a second thread.
    start: ['{flags}', '-x', '--stream-json'],
    resume: ['threads', 'continue', '{session}', '{flags}', '-x', '--stream-json'],
    promptVia: 'stdin',
    permissions: { edit: ['--dangerously-allow-all'], plan: null, full: ['--dangerously-allow-all'] },
    approval: [],
    modelFlag: null,
    schemaFlags: [],
    output: 'claude',
    passEnv: ['AMP_API_KEY', 'AMP_URL'],
    env: { AMP_SKIP_UPDATE_CHECK: '1' },
    pricedAs: null,
    install: 'npm install -g @sourcegraph/amp',
    login: 'amp login, or set AMP_API_KEY',
    leastVersion: null,
    leastNode: null,
    traps: ['needs its own server'],
  },
  {
    name: 'cline',
    executable: 'cline',
    start: ['--json', '-c', '{worktree}', '{flags}', '{prompt}'],
    // 3.0.65 goes on with a conversation at a terminal alone, and the id it prints is not the one it wants.
    resume: null,
    promptVia: 'arg',
    permissions: {
      edit: ['--auto-approve', 'true'],
      plan: ['--plan', '--auto-approve', 'true'],
      full: ['--auto-approve', 'true'],
    },
    approval: ['--auto-approve', '--yolo', '-y'],
    modelFlag: '-m',
    schemaFlags: [],
    output: 'cline',
    passEnv: [...OPENAI, ...ANTHROPIC, 'CLINE_API_KEY'],
    env: {},
    pricedAs: null,
    install: 'npm install -g cline',
    login: 'cline auth',
    leastVersion: '3.0.0',
    leastNode: null,
    traps: [
      'leaves a background process, which is ended with the attempt',
      'begins a new conversation for each attempt',
    ],
  },
  {
    name: 'kilo',
    executable: 'kilo',
    // As with opencode, whose fork it is: as an argument the prompt would reach its model in quotes. Seen with 7.7.7.
    start: ['run', '--format', 'json', '{flags}'],
    resume: ['run', '--format', 'json', '--session', '{session}', '{flags}'],
    promptVia: 'stdin',
    permissions: { edit: ['--auto'], plan: ['--agent', 'plan'], full: ['--auto'] },
    approval: ['--auto'],
    modelFlag: '-m',
    schemaFlags: [],
    output: 'opencode',
    passEnv: [...ANTHROPIC, ...OPENAI, ...GOOGLE, 'KILO_CONFIG_CONTENT'],
    env: {},
    pricedAs: null,
    install: 'npm install -g @kilocode/cli',
    login: 'kilo auth login',
    leastVersion: null,
    leastNode: null,
    traps: ['takes 20 s to start'],
  },
];

export function presetNamed(name: string): ClientPreset | null {
  return PRESETS.find((preset) => preset.name === name) ?? null;
}
