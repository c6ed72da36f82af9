/** Words of other tools for what a plan calls by one word. Not aliases: they are pointed out, and `--fix` rewrites them. */
const AT_ROOT: Readonly<Record<string, string>> = {
  jobs: 'tasks',
  lanes: 'tasks',
  steps: 'tasks',
  todo: 'tasks',
  items: 'tasks',
  stories: 'tasks',
  checks: 'gates',
  validations: 'gates',
  quality_gates: 'gates',
  worktree: 'workspace',
  worktrees: 'workspace',
  resources: 'limits',
  title: 'name',
  objective: 'goal',
  description: 'goal',
};

const IN_TASK: Readonly<Record<string, string>> = {
  depends_on: 'needs',
  dependsOn: 'needs',
  depends: 'needs',
  blocked_by: 'needs',
  blockedBy: 'needs',
  dependencies: 'needs',
  deps: 'needs',
  after: 'needs',
  requires: 'needs',
  files: 'scope',
  paths: 'scope',
  globs: 'scope',
  steps: 'waves',
  stages: 'waves',
  subtasks: 'waves',
  description: 'prompt',
  instructions: 'prompt',
  details: 'prompt',
  body: 'prompt',
  task: 'prompt',
  name: 'title',
  duration: 'estimate',
  effort: 'estimate',
  retry: 'retries',
  checks: 'gates',
  acceptance: 'accept',
  acceptance_criteria: 'accept',
  prompt_file: 'spec',
};

const IN_WAVE: Readonly<Record<string, string>> = {
  name: 'title',
  description: 'prompt',
  instructions: 'prompt',
  checks: 'gates',
};

const AS_COMMAND: Readonly<Record<string, string>> = {
  command: 'run',
  cmd: 'run',
  script: 'run',
  exec: 'run',
  environment: 'env',
};

const IN_GATE: Readonly<Record<string, string>> = {
  ...AS_COMMAND,
  stage: 'at',
  stages: 'at',
  when: 'at',
  working_directory: 'cwd',
  dir: 'cwd',
  level: 'severity',
};

const IN_AGENT: Readonly<Record<string, string>> = {
  ...AS_COMMAND,
  preset: 'use',
  extends: 'use',
  concurrency: 'parallel',
};

const IN_MERGE: Readonly<Record<string, string>> = {
  target: 'into',
  branch: 'into',
  to: 'into',
  method: 'strategy',
  parallel: 'slots',
};

const IN_LIMITS: Readonly<Record<string, string>> = {
  max_parallel: 'parallel',
  concurrency: 'parallel',
  slots: 'parallel',
  disk: 'disk_free',
  mem: 'memory',
};

/** Our word for `key` at a path of the plan; null when it is nobody's word. camelCase is read as snake_case. */
export function ourWordFor(
  key: string,
  path: readonly PropertyKey[],
  known: readonly string[],
): string | null {
  const words = wordsAt(path);
  const word = Object.hasOwn(words, key) ? words[key] : undefined;
  if (word !== undefined && known.includes(word)) return word;
  const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
  return snake !== key && known.includes(snake) ? snake : null;
}

function wordsAt(path: readonly PropertyKey[]): Readonly<Record<string, string>> {
  const [section, , third] = path;
  if (path.length === 0) return AT_ROOT;
  if (section === 'defaults' || (section === 'tasks' && path.length === 2)) return IN_TASK;
  if (section === 'tasks' && third === 'waves') return IN_WAVE;
  if (section === 'tasks' && third === 'needs') return { id: 'task', condition: 'when' };
  if (section === 'gates' && path.length === 2) return IN_GATE;
  if (section === 'agents') return IN_AGENT;
  if (section === 'merge') return IN_MERGE;
  if (section === 'limits') return IN_LIMITS;
  return {};
}
