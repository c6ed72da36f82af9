/** What the codes of failures mean, for `explain` and for the lines below an error. */
export interface FailureMeaning {
  readonly meaning: string;
  /** What is safe, or what was left as it was. */
  readonly state?: string;
  readonly next?: string;
}

export const FAILURES: Readonly<Record<string, FailureMeaning | undefined>> = {
  'leader-held': {
    meaning: 'One process at a time leads a repository: two would start the same task twice.',
    state: 'nothing was changed',
  },
  'leader-lost': {
    meaning: 'Another process took the lead over; every write of this one is refused from then on.',
    state: 'all that was done is in the log; running agents go on under the new leader',
  },
  'leader-unreachable': {
    meaning: 'A process leads this repository but does not answer on its socket.',
    state: 'nothing was changed',
    next: 'copse run --takeover    # if that process hangs',
  },
  'no-run': {
    meaning: 'The command works on a run, and this repository has had none yet.',
    next: 'copse run',
  },
  'task-unknown': { meaning: 'The run has no task of that id.', next: 'copse status' },
  'plan-missing': {
    meaning: 'No copse.yaml was found here or in a folder above, up to the top of the repository.',
    next: 'copse init    # or: copse run "what is to be done"',
  },
  'plan-invalid': {
    meaning: 'The plan has errors; all of them are listed with file, line and column.',
    state: 'nothing was started',
    next: 'copse plan check --fix',
  },
  'plan-untrusted': {
    meaning: 'A plan is code: its commands run on this machine. This plan was not written or allowed here.',
    state: 'nothing was started',
    next: 'copse trust    # or: --yes',
  },
  'agent-missing': {
    meaning: 'No coding agent was named, and none was found on PATH.',
    state: 'nothing was started',
    next: 'copse run --agent demo …    # the built-in agent: no key, a harmless edit',
  },
  'agent-unknown': { meaning: 'The plan defines no agent of that name.', next: 'copse plan check' },
  'agent-template': {
    meaning: "An agent's command cannot be built without letting a value become shell text.",
  },
  'agent-later': {
    meaning: 'The agent has no ready-made settings in this version; any program can be used by its command.',
    next: "copse run --agent 'my-agent --flags {prompt}' …",
  },
  'base-missing': { meaning: 'Work needs a commit to start from.' },
  'target-missing': { meaning: 'The branch that work lands on does not exist and could not be made.' },
  'merge-no-gates': {
    meaning: 'Nothing would be proven before landing: no gate was given, found or planned.',
    state: 'nothing was landed',
  },
  'input-needed': {
    meaning: 'The command would ask a question, and nobody may be asked.',
    state: 'nothing was changed',
  },
  'undo-moved': {
    meaning: 'A branch is no longer where the operation left it: undoing would drop what came after.',
    state: 'nothing was moved',
  },
  'undo-unknown': { meaning: 'The log has no operation of that name that can be undone.', next: 'copse log' },
  'recover-unknown': { meaning: 'Nothing is saved under that name.', next: 'copse recover' },
  'run-active': {
    meaning: 'The run is on; the command works on one that has ended or is not led by anybody.',
    state: 'nothing was changed',
    next: 'copse stop',
  },
  'state-unwritable': {
    meaning: 'The state folder cannot be made or written.',
    next: 'export COPSE_STATE_DIR=/a/folder/of/yours',
  },
  'git-missing': { meaning: 'There is no git on PATH.', next: 'install git 2.38 or later' },
  'git-too-old': { meaning: 'Copse needs git 2.38: merges are built without a worktree.' },
  'git-not-a-repository': {
    meaning: 'Copse works on one git repository.',
    next: 'git init    # or: copse -C DIR …',
  },
  'git-bare': { meaning: 'A bare repository has no checkout to make worktrees beside.' },
  'git-no-commits': { meaning: 'Work needs a commit to start from.' },
  'git-reftable': { meaning: 'The repository keeps its refs in reftable format, which is not supported.' },
  'git-partial-clone': { meaning: 'Objects of a partial clone may be missing when they are needed.' },
  'git-repository-damaged': {
    meaning: 'The repository is damaged; what Copse took in is safe in its own.',
    next: 'copse recover',
  },
  'git-locked': { meaning: 'Another git process holds a lock on the repository.' },
  'store-driver-missing': {
    meaning: 'This Node has no built-in SQLite and the optional package is not installed.',
    next: 'npm install @photostructure/sqlite    # or use Node 22.16 or later',
  },
  'store-corrupt': { meaning: 'The event log cannot be read; its files are left as they are.' },
  'store-newer': { meaning: 'The event log was written by a later version of Copse; it can be read only.' },
  'store-busy': { meaning: 'Another process holds the store for too long.' },
  'store-disk-full': { meaning: 'The disk of the state folder is full.', state: 'nothing was half written' },
  'not-available': { meaning: 'A later version brings this.' },
};
