/** Coding agents that can be found on PATH, and how each is started without a person at its terminal. */

export interface KnownAgent {
  readonly name: string;
  readonly executable: string;
  /** Template of a command agent. */
  readonly run: string;
  readonly promptVia: 'arg' | 'file';
  /** Names of variables the agent reads its login from; the values are not looked at here. */
  readonly passEnv: readonly string[];
  /** Where to get it, and what to do if it is not logged in. */
  readonly hint: string;
}

function agent(
  name: string,
  run: string,
  passEnv: readonly string[],
  hint: string,
  promptVia: KnownAgent['promptVia'] = 'arg',
): KnownAgent {
  return { name, executable: name, run, promptVia, passEnv, hint };
}

const OPENAI = ['OPENAI_API_KEY', 'OPENAI_BASE_URL'];
const ANTHROPIC = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL'];
const GOOGLE = ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_APPLICATION_CREDENTIALS'];

/** In the order in which a run without a plan prefers them. */
export const KNOWN_AGENTS: readonly KnownAgent[] = [
  agent(
    'claude',
    'claude -p --output-format stream-json --verbose --permission-mode acceptEdits --allowedTools Bash,Edit,Write -- {prompt}',
    [...ANTHROPIC, 'CLAUDE_CONFIG_DIR'],
    'npm install -g @anthropic-ai/claude-code; then run claude once to log in',
  ),
  agent(
    'codex',
    'codex exec --json -C {worktree} --skip-git-repo-check --sandbox workspace-write {prompt}',
    [...OPENAI, 'CODEX_HOME'],
    'npm install -g @openai/codex; then codex login',
  ),
  agent(
    'gemini',
    'gemini -o stream-json --skip-trust --yolo -p {prompt}',
    GOOGLE,
    'npm install -g @google/gemini-cli; then run gemini once to log in',
  ),
  agent(
    'opencode',
    'opencode run --format json --auto {prompt}',
    [...ANTHROPIC, ...OPENAI, ...GOOGLE, 'OPENCODE_CONFIG'],
    'npm install -g opencode-ai; then opencode auth login',
  ),
  agent('qwen', 'qwen -o stream-json --yolo -p {prompt}', OPENAI, 'npm install -g @qwen-code/qwen-code'),
  agent(
    'copilot',
    'copilot --output-format json --no-ask-user --no-auto-update --allow-all-tools --allow-all-paths -p {prompt}',
    ['GH_TOKEN', 'GITHUB_TOKEN', 'COPILOT_OFFLINE'],
    'npm install -g @github/copilot; then run copilot once to log in',
  ),
  agent(
    'aider',
    'aider --yes-always --no-stream --message-file {prompt_file}',
    [...ANTHROPIC, ...OPENAI, ...GOOGLE],
    'see aider.chat; it reads its key from the environment',
    'file',
  ),
  agent(
    'amp',
    'amp -x --stream-json {prompt}',
    ['AMP_API_KEY'],
    'npm install -g @sourcegraph/amp; then amp login',
  ),
  agent('cline', 'cline --json --auto-approve true -c {worktree} {prompt}', OPENAI, 'npm install -g cline'),
];

export interface FoundAgent {
  readonly agent: KnownAgent;
  /** Absolute path of the executable. */
  readonly evidence: string;
}

/** Those of the known agents that `locate` finds, in order of preference. */
export function detectAgents(locate: (executable: string) => string | null): readonly FoundAgent[] {
  return KNOWN_AGENTS.flatMap((known) => {
    const evidence = locate(known.executable);
    return evidence === null ? [] : [{ agent: known, evidence }];
  });
}
