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
  'git-remote': {
    meaning: 'The remote could not be reached, or it refused what was asked.',
    state: 'nothing was moved there; what was proven is kept and tried again',
    next: 'git ls-remote REMOTE    # must work without a prompt',
  },
  'not-a-person': {
    meaning:
      'Answers, approvals and messages are for people: what runs inside an attempt may not speak for one.',
    state: 'nothing was recorded',
  },
  'not-approver': {
    meaning: 'The plan names who may approve this, and the one who did is not among them.',
    state: 'nothing was recorded',
  },
  'item-unknown': { meaning: 'Nothing of that name waits for a person.', next: 'copse inbox' },
  'item-ambiguous': { meaning: 'More than one item of the inbox begins like that.', next: 'copse inbox' },
  'item-settled': {
    meaning: 'The item was answered before, or needs no answer any more. The first answer holds.',
    state: 'nothing was changed',
  },
  'item-answer': { meaning: 'That answer does not fit the item.', next: 'copse inbox next ITEM' },
  'approval-void': {
    meaning: 'An approval is about one commit, and the branch holds another one by now.',
    state: 'what the branch holds now is tested, and asked about again',
    next: 'copse inbox',
  },
  'change-unknown': { meaning: 'No change of that name waits in the merge queue.', next: 'copse queue' },
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
  'rollback-unknown': {
    meaning:
      'A landing is named by its task or branch, or by a commit of the first-parent history of the target.',
    state: 'nothing was changed',
  },
  'rollback-done': { meaning: 'The landing is not on the target any more.', state: 'nothing was changed' },
  'rollback-queued': {
    meaning: 'The revert of that landing is in the merge queue.',
    state: 'nothing was changed',
  },
  'finding-unknown': {
    meaning: 'Only a finding that is open can be settled: copse review ID lists them.',
    state: 'nothing was changed',
  },
  'conflict-none': {
    meaning: 'Only a change that conflicts with the target can be resolved.',
    state: 'nothing was changed',
    next: 'copse status',
  },
  'resolution-missing': {
    meaning: 'There is no checkout with the merge in progress yet: copse resolve ID makes one.',
    state: 'nothing was changed',
  },
  'resolution-markers': {
    meaning: 'A file with conflict markers is not resolved, whatever the rest of it says.',
    state: 'the checkout is kept as it is, nothing was queued',
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
  'task-crash': { meaning: "The agent's process ended with an error, and no attempt is left." },
  'task-timeout': { meaning: 'An attempt took longer than the task allows (`timeout`).' },
  'task-stall': { meaning: 'An attempt printed nothing and changed no file for too long (`stall`).' },
  'task-no-change': {
    meaning: 'The agent ended without an error and changed nothing. Its word alone is no result.',
    next: 'copse logs ID',
  },
  'task-gate': {
    meaning: 'A gate the task must pass was red on its branch or on the merged result.',
    next: 'copse logs ID --gate NAME',
  },
  'task-violation': {
    meaning: 'The agent broke a rule: another branch, a ref, the configuration, its scope.',
  },
  'person-violation': { meaning: 'The agent broke a rule that Copse could not put right by itself.' },
  'person-environment': { meaning: 'The machine refused something; a person has to look.' },
  'task-rate-limit': { meaning: "The agent's account is limited, and no attempt is left." },
  'task-need': { meaning: 'Something the task needs can no longer come.' },
  'task-setup': { meaning: 'A set-up command failed in a new worktree.', next: 'copse doctor' },
  'task-environment': { meaning: 'The machine or the repository refused something the task needs.' },
  'approval-needed': {
    meaning: 'The work passed its gates, and the plan wants people to say yes before it goes on.',
    next: 'copse inbox',
  },
  'task-approval': { meaning: 'A person said no to the work, without a reason for its agent to go by.' },
  'person-question': {
    meaning: 'The agent ended its turn with a question and without a commit; the answer is its next turn.',
    next: 'copse inbox',
  },
  'person-permission': {
    meaning: 'The agent was not allowed something and made no commit without it.',
    next: 'copse logs ID    # what it wanted; permissions of the agent in the plan decide',
  },
  'person-conflict': { meaning: 'The branch and the target changed the same lines; a person has to decide.' },
  'person-workspace': { meaning: 'No free name for a worktree and branch was found.' },
  'person-target': { meaning: 'The target was rewritten or deleted by someone else during the run.' },
  'branch-broken': { meaning: 'The merged result with the branch was red, and green without it.' },
  'branch-conflict': { meaning: 'The branch cannot be merged with the target as it is now.' },
  'branch-rejected': { meaning: 'Git or the checks of what comes in refused the branch.' },
  'branch-withdrawn': { meaning: 'The branch was taken out of the queue.' },
  'landing-held': {
    meaning: 'A proven landing waits: the target is checked out with uncommitted changes.',
    state: 'the proven commit is kept; nothing in the checkout was touched',
    next: 'copse run    # once the checkout is clean',
  },
  'target-rewritten': { meaning: 'The target is no longer the branch the run began with.' },
  'end-gates-red': { meaning: 'The gates at the end of the run failed on what landed together.' },
};
