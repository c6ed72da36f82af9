/** The run that the crash tests kill: every kind of step occurs, and the right outcome is one and the same however often it dies. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/store-sqlite/store.ts';
import { openSystemClock } from '../../src/adapters/clock/system-clock.ts';
import type { AttemptId, CommitId, RunId } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { brokenInvariants } from '../../src/core/run/invariants.ts';
import type { RunState } from '../../src/core/run/state.ts';
import { loadLatest } from '../../src/engine/api.ts';
import { markerOf } from '../../src/engine/paths.ts';
import { DIST, rigProgram } from '../rig/programs.ts';
import { Scratch } from '../rig/scratch.ts';
import { planOf } from '../support/plan-builder.ts';

/** Every gate run appends the tree it proved to this file, outside of any repository. */
const GATE_LOG = 'gates.log';

const ALPHA = ['Alpha', 'demo: write a.txt <<EOF', 'alpha', 'EOF', 'demo: commit "add a"'];
/** Leaves its work uncommitted, so that it is committed on its behalf. */
const BETA = ['Beta', 'demo: write b.txt <<EOF', 'beta', 'EOF', 'demo: dirty'];
/** Red at first, fixed when told; then clean alone and red together with alpha, whichever lands first. */
const GAMMA = [
  'Gamma',
  'demo: unless-prompt-contains "gate test failed" write c.txt <<EOF',
  'BAD',
  'EOF',
  'demo: when-prompt-contains "gate test failed" write c.txt <<EOF',
  'gamma',
  'EOF',
  'demo: commit "change c"',
];
/** What either of the two does when it clashed. */
const RECONCILE = [
  'demo: when-prompt-contains "failed on the merged result" write both.txt <<EOF',
  'both',
  'EOF',
  'demo: when-prompt-contains "failed on the merged result" commit "reconcile"',
];
/** Red while a BAD file is there, and while a.txt and c.txt are there without both.txt. */
const TEST = `if grep -q BAD *.txt; then exit 1; fi
if [ -f a.txt ] && [ -f c.txt ] && [ ! -f both.txt ]; then exit 1; fi
`;

const RETRIES = {
  max: 30,
  backoff: 'none',
  delayMs: 0,
  on: ['crash', 'gate', 'no_change', 'violation', 'stall', 'timeout'],
} as const;

export type CrashTask = 'alpha' | 'beta' | 'gamma';
const ALL: readonly CrashTask[] = ['alpha', 'beta', 'gamma'];
/** What is on the target in the end. */
const CONTENT = { alpha: ['a.txt', 'alpha'], beta: ['b.txt', 'beta'], gamma: ['c.txt', 'gamma'] } as const;

function crashPlan(root: string, tasks: readonly CrashTask[]): Plan {
  const defaults = planOf({});
  const sketches = {
    alpha: { prompt: [...ALPHA, ...RECONCILE].join('\n'), retries: RETRIES },
    beta: { prompt: BETA.join('\n'), needs: ['alpha'], retries: RETRIES },
    gamma: { prompt: [...GAMMA, ...RECONCILE].join('\n'), retries: RETRIES },
  };
  return planOf(Object.fromEntries(tasks.map((task) => [task, sketches[task]])), {
    gates: {
      test: { run: `sh ./test.sh && echo "$(git write-tree) $COPSE_TREE" >> ${join(root, GATE_LOG)}` },
    },
    workspace: { ...defaults.workspace, branch: 'copse/{task}', setup: ['echo ready > .setup-done'] },
  });
}

export class Scenario {
  readonly scratch: Scratch;
  readonly #planFile: string;
  readonly #tasks: readonly CrashTask[];

  constructor(name: string, tasks: readonly CrashTask[] = ALL) {
    this.#tasks = tasks;
    this.scratch = new Scratch(name);
    this.scratch.init({
      'test.sh': TEST,
      'readme.txt': 'hello\n',
      '.gitignore': '.setup-done\n',
    });
    this.#planFile = join(this.scratch.root, 'plan.json');
    writeFileSync(this.#planFile, JSON.stringify(crashPlan(this.scratch.root, this.#tasks)));
  }

  /** Before the first launch: another plan than the usual one. */
  replacePlan(change: (plan: Plan) => Plan): void {
    writeFileSync(this.#planFile, JSON.stringify(change(crashPlan(this.scratch.root, this.#tasks))));
  }

  /** Processes of the run that are still there. */
  orphans(): readonly number[] {
    return markedProcesses(this.scratch.run);
  }

  /** Starts or resumes; resolves with how the process ended. `killAfterMs` kills its whole process group. */
  async launch(
    variables: Readonly<Record<string, string>> = {},
    killAfterMs?: number,
  ): Promise<{ code: number | null; signal: string | null; output: string; errors: string }> {
    const program = await rigProgram('orchestrator');
    const { repository, stateDir, run, environment } = this.scratch;
    const child = spawn(process.execPath, [program, repository, stateDir, DIST, run, this.#planFile], {
      env: { ...environment, ...variables },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const timer = killAfterMs === undefined ? null : setTimeout(() => killGroup(child.pid), killAfterMs);
    return new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        if (timer !== null) clearTimeout(timer);
        resolve({ code, signal, output, errors });
      });
    });
  }

  /** The state as the log has it now. */
  async state(): Promise<{ readonly state: RunState | null; readonly chain: number | null }> {
    const failpoint = async (): Promise<void> => {};
    const path = join(this.scratch.stateDir, 'store.db');
    const store = await openSqliteStore({ path, failpoint, clock: openSystemClock() });
    const result = { state: await loadLatest(store), chain: await store.verifyChain() };
    await store.close();
    return result;
  }

  /** Everything that is not as it must be after the run has ended; empty when all is well. */
  async complaints(): Promise<readonly string[]> {
    const { state, chain } = await this.state();
    if (state === null) return ['there is no run'];
    const { git } = { git: (...args: string[]) => this.scratch.git(...args) };
    const found: string[] = [];
    if (chain !== null) found.push(`I15 the log's chain breaks at ${chain}`);
    const targetChain = git('rev-list', '--first-parent', 'copse/integration').split('\n') as CommitId[];
    found.push(
      ...brokenInvariants(state, 2, {
        targetTip: targetChain[0] ?? null,
        targetChain,
        unreachable: this.#unreachable(state),
        liveAttempts: [],
        orphans: this.orphans(),
        isCheckoutUntouched:
          git('status', '--porcelain') === '' && git('rev-parse', '--abbrev-ref', 'HEAD') === 'main',
      }),
    );
    if (state.life.kind !== 'finished' || state.life.outcome !== 'done')
      found.push(`the run is ${JSON.stringify(state.life)}`);
    if (state.intents.size > 0) found.push(`I6 ${state.intents.size} intents are open`);
    for (const task of state.tasks.values()) {
      if (task.progress.kind !== 'landed')
        found.push(
          `${task.task.id} is ${JSON.stringify(task.progress)} after ${attemptsOf(task.attempts, state)}`,
        );
      const merges = git(
        'log',
        '--first-parent',
        '--format=%H',
        '--grep',
        `^Copse-Task: ${task.task.id}$`,
        'copse/integration',
      );
      if (merges.split('\n').filter((line) => line !== '').length !== 1)
        found.push(`I5 ${task.task.id} is merged ${merges}`);
    }
    const files: [file: string, content: string][] = this.#tasks.map((task) => [...CONTENT[task]]);
    if (this.#tasks.includes('alpha') && this.#tasks.includes('gamma')) files.push(['both.txt', 'both']);
    const content = files.map(([file]) => this.#shown(file)).join(' ');
    if (content !== files.map(([, text]) => text).join(' ')) found.push(`the target holds ${content}`);
    found.push(
      ...this.#ungated(targetChain, state),
      ...this.#unrecorded(targetChain, state),
      ...this.#leftovers(),
    );
    return found;
  }

  #shown(file: string): string {
    try {
      return this.scratch.git('show', `copse/integration:${file}`);
    } catch {
      return `no ${file}`;
    }
  }

  /** Landed trees that no gate run saw: the gate itself wrote down what was checked out. */
  #ungated(chain: readonly CommitId[], state: RunState): readonly string[] {
    const log = join(this.scratch.root, GATE_LOG);
    const proven = new Set(existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
    return chain
      .slice(0, chain.indexOf(state.base))
      .map((commit) => this.scratch.git('rev-parse', `${commit}^{tree}`))
      .filter((tree) => !proven.has(`${tree} ${tree}`))
      .map((tree) => `I2 tree ${tree} was published and never tested`);
  }

  /** Commits that Copse put on the target and that no landing in the log accounts for, or the other way round. */
  #unrecorded(chain: readonly CommitId[], state: RunState): readonly string[] {
    const made = chain.slice(0, chain.indexOf(state.base)).toReversed();
    const recorded = state.queue.landed.map((id) => {
      const change = state.queue.changes.get(id)?.state;
      return change?.kind === 'landed' ? change.commit : null;
    });
    return made.join() === recorded.join()
      ? []
      : [`I5 the target has ${made.join()}, the log landed ${recorded.join()}`];
  }

  #unreachable(state: RunState): readonly CommitId[] {
    const heads = [...state.attempts.values()].flatMap((attempt) =>
      attempt.facts?.head ? [attempt.facts.head] : [],
    );
    const control = join(this.scratch.stateDir, 'control.git');
    const reachable = new Set(this.scratch.git(`--git-dir=${control}`, 'rev-list', '--all').split('\n'));
    return heads.filter((head) => !reachable.has(head));
  }

  #leftovers(): readonly string[] {
    const { git } = { git: (...args: string[]) => this.scratch.git(...args) };
    const found: string[] = [];
    const worktrees = git('worktree', 'list', '--porcelain')
      .split('\n')
      .filter((line) => line.startsWith('worktree '));
    if (worktrees.length !== 1) found.push(`worktrees are left: ${worktrees.join(', ')}`);
    const branches = git('for-each-ref', '--format=%(refname)', 'refs/heads').split('\n');
    if (branches.toSorted().join(' ') !== 'refs/heads/copse/integration refs/heads/main')
      found.push(`branches are left: ${branches.join(', ')}`);
    const locks = lockFiles(join(this.scratch.repository, '.git'));
    if (locks.length > 0) found.push(`locks are left: ${locks.join(', ')}`);
    if (git('fsck', '--connectivity-only').includes('missing')) found.push('the repository lacks objects');
    return found;
  }

  dispose(): void {
    for (const pid of this.orphans()) process.kill(pid, 'SIGKILL');
    this.scratch.dispose();
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}

function lockFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock'));
}

function markedProcesses(run: RunId): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`=${markerOf(run, '')}`));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** How its first attempts ended, and what the guard saw. */
function attemptsOf(ids: readonly AttemptId[], state: RunState): string {
  const told = ids.slice(0, 4).map((id) => {
    const attempt = state.attempts.get(id);
    const seen = (attempt?.facts?.violations ?? [])
      .map(({ what, detail }) => `${what}: ${detail}`)
      .join(', ');
    return `${id} (${attempt?.verdict ?? '?'}: ${attempt?.because ?? '?'}${seen === '' ? '' : `; ${seen}`})`;
  });
  return told.join(' ');
}
