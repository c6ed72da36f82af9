/** What `copse explain CODE` says. One entry for each code that a plan can cause; a test holds the two together. */
export interface CatalogueEntry {
  readonly title: string;
  readonly explanation: string;
  /** What causes it, and below it what does not. */
  readonly example: string;
}

export const planCatalogue: Readonly<Record<string, CatalogueEntry>> = {
  E0101: entry(
    'The plan is too large',
    'A plan file may have 4 MB. Long prompts belong in files named by `spec`.',
    'spec: docs/long-prompt.md',
  ),
  E0102: entry(
    'The plan has too many entries',
    'All map entries and list items together may be 100,000. Split the work into several plans.',
    'copse run part-1.yaml',
  ),
  E0103: entry(
    'The plan is nested too deeply',
    'Maps and lists may stand in each other 50 deep. A real plan needs about eight.',
    'tasks: {api: {needs: [types]}}',
  ),
  E0104: entry(
    'Anchors, aliases and tags are not allowed',
    'A short text with aliases can stand for a huge one, and tags change what a value is. Text that begins with `*`, `&` or `!` needs quotes.',
    'scope: !src/**        # refused\nscope: "!src/**"',
  ),
  E0105: entry(
    'A key is not allowed',
    '`__proto__`, `constructor` and `prototype` have a meaning of their own in JavaScript.',
    'gates: {constructor: make}      # refused\ngates: {build: make}',
  ),
  E0106: entry(
    'A key is not a plain word',
    'Keys written with `?`, and lists or maps as keys, are not part of the format.',
    '? api\n: {prompt: …}         # refused\napi: {prompt: …}',
  ),
  E0107: entry(
    'A character is not allowed',
    'Control characters and half surrogate pairs cannot be shown or passed on safely.',
    'prompt: "a\\tb"        # an escape is fine',
  ),
  E0108: entry(
    'An invisible character changes the order of the text',
    'Marks of writing direction can make a plan read otherwise than it runs.',
    'run: npm test',
  ),
  E0109: entry(
    'A key is there twice',
    'One of the two values would be lost.',
    'gates: {test: a, test: b}   # refused\ngates: {test: a, unit: b}',
  ),
  E0110: entry(
    'The file is not valid YAML',
    'The text cannot be read. Frequent causes: tabs as indentation, text with ": " in it without quotes, brackets that are not closed.',
    'prompt: Fix: the parser       # refused\nprompt: "Fix: the parser"',
  ),
  E0199: entry('More problems are not shown', 'At most 200 problems are listed at once.', 'copse plan check'),
  E0201: entry(
    'A value has another kind or form than expected',
    'The message says what is expected. Durations, sizes and amounts of work carry a unit.',
    'timeout: 30           # refused\ntimeout: 30m',
  ),
  E0202: entry(
    'A key is unknown',
    'Keys are strict, so that a slip is not ignored. Keys of your own begin with `x-`.',
    'depends_on: api       # refused\nneeds: api',
  ),
  E0203: entry(
    'A word is not one of those allowed',
    'The message lists the words.',
    'strategy: sqash       # refused\nstrategy: squash',
  ),
  E0204: entry(
    'Something is missing',
    'A map lacks a key without which it means nothing.',
    'gates: {test: {timeout: 5m}}              # refused\ngates: {test: {run: npm test, timeout: 5m}}',
  ),
  E0205: entry(
    'A name cannot be used',
    'Ids and names are parts of branches, files and arguments: lower-case letters, digits, ".", "_", "-", at most 64, no "..", no ".lock" or "." at the end.',
    'tasks: {"My Task": …}   # refused\ntasks: {my-task: …}',
  ),
  E0207: entry(
    'A pattern cannot be used',
    'The regular expression is not valid, or has no group to take the value from.',
    String.raw`regex: '\d+ passed'     # refused` + '\n' + String.raw`regex: '(\d+) passed'`,
  ),
  E0208: entry(
    'Two values contradict each other',
    'Both cannot hold at once, so one of them would be ignored.',
    '{min: 5, max: 4}      # refused\n{min: 4, max: 5}',
  ),
  E0209: entry(
    'A setting has no effect on this agent',
    'A built-in agent has flags for what it can do and no others; a command of the plan is given in full by `run`.',
    'agents: {mine: {use: amp, permissions: plan}}     # amp has no such mode\nagents: {mine: {use: claude, permissions: plan}}',
  ),
  E0301: entry(
    'The plan has no tasks',
    'There is nothing to do.',
    'tasks:\n  - Add a /health endpoint with a test',
  ),
  E0302: entry('The plan has too many tasks', 'At most 20,000.', 'copse run part-1.yaml'),
  E0303: entry(
    'Two tasks have one id',
    'An id names one branch, one worktree and one history.',
    'tasks:\n  - {id: api, prompt: …}\n  - {id: api-2, prompt: …}',
  ),
  E0304: entry(
    'A task does not say what to do',
    'It needs a prompt, a spec file, a title or waves.',
    'tasks: {api: {scope: "src/**"}}                    # refused\ntasks: {api: {prompt: Add paging, scope: "src/**"}}',
  ),
  E0305: entry(
    'Two waves have one id',
    'Waves are addressed as task@wave, by id or number.',
    'waves: [{id: types}, {id: solvers}]',
  ),
  E0306: entry(
    'A file of the plan cannot be read',
    '`spec` and instruction files are read from the repository.',
    'spec: docs/api.md',
  ),
  E0310: entry(
    'A need names no task',
    'Needs are ids of tasks of the same plan.',
    'needs: [apii]         # refused\nneeds: [api]',
  ),
  E0311: entry('A task needs itself', 'It would wait for ever.', 'api: {needs: api}     # refused'),
  E0313: entry(
    'Needs go round in a circle',
    'None of the tasks in the circle could ever start. The message prints it.',
    'a: {needs: b}\nb: {needs: a}         # refused',
  ),
  E0314: entry('A need is there twice', 'The first one counts.', 'needs: [api, api]'),
  E0320: entry(
    'A gate is not defined',
    'Names under `gates` of a task refer to the `gates` of the plan.',
    'gates: {test: npm test}\ntasks: {api: {prompt: …, gates: [test]}}',
  ),
  E0321: entry(
    'An agent is not defined',
    'Agents are defined under `agents`; `demo` is built in.',
    'agents: {mine: {run: "my-agent {prompt}"}}',
  ),
  E0340: entry(
    'The command of an agent may not change anything',
    'Without a flag of its own that allows it, a coding agent that nobody watches refuses its own tools, changes nothing and exits as if all were well.',
    "agents: {mine: {run: 'claude -p {prompt}'}}     # warned of\nagents: {mine: {use: claude}}",
  ),
  E0322: entry(
    'Agents build on each other in a circle',
    'None of them has a command.',
    'agents: {a: {use: b}, b: {use: a}}   # refused',
  ),
  E0330: entry(
    'No agent is named, and none was found',
    'Without an agent a run does not start. With --agent demo a script without a model plays one.',
    'agents: {mine: {run: "my-agent {prompt}"}}',
  ),
  E0331: entry(
    'Nothing is proven before it lands',
    'No blocker gate runs on the merged result.',
    'gates: {test: npm test}',
  ),
  E0332: entry(
    'A scope matches no file',
    'Often a slip in the path; right when the task is to make the files.',
    'scope: "src/api/**"',
  ),
  E0333: entry(
    'A template has no {task}',
    'Every task would get the same branch or folder.',
    'workspace: {branch: "work"}          # refused\nworkspace: {branch: "work/{task}"}',
  ),
  E0334: entry(
    'A template or branch name cannot be used',
    'It has an unknown placeholder, or git would refuse the name.',
    'workspace: {branch: "{plan}/{task}"}',
  ),
  E0335: entry(
    'A metric has no threshold',
    'It is recorded, and fails only when it cannot be read.',
    String.raw`passed: {regex: '(\d+) passed', min: 100}`,
  ),
  E0401: entry(
    'Not available yet',
    'The format knows this key, but this version does not do it. It is refused, because ignoring it would break a promise the plan makes.',
    'phases: …             # refused: order tasks with needs',
  ),
};

function entry(title: string, explanation: string, example: string): CatalogueEntry {
  return { title, explanation, example };
}
