/** What must hold in the world after any run: read from git and /proc, not from what the run says about itself. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommitId } from '../../src/core/ids.ts';
import { brokenInvariants } from '../../src/core/run/invariants.ts';
import type { RunState } from '../../src/core/run/state.ts';
import { GATE_LOG, HEADS, TARGET } from './run-plan.ts';
import type { Scratch } from './scratch.ts';

/** Supervisors that have just recorded an exit take a moment to leave. */
const LEAVE_MS = 10_000;

export interface WorldQuestion {
  readonly scratch: Scratch;
  readonly state: RunState;
  /** `checkoutPrint` before the run. */
  readonly before: string;
  readonly parallel: number;
  /** An agent destroyed the user's repository: only control can be asked. */
  readonly repositoryIsGone?: boolean;
}

/** Digest of the user's HEAD, index, files, main and tags. */
export function checkoutPrint(scratch: Scratch): string {
  const hash = createHash('sha256');
  const { repository } = scratch;
  for (const entry of readdirSync(repository, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(join(repository, '.git'))) continue;
    if (entry.isFile()) hash.update(`${path}\0`).update(readFileSync(path));
    else hash.update(`${path}\0${entry.isSymbolicLink() ? readlinkSync(path) : ''}`);
  }
  const refs = scratch.git('for-each-ref', 'refs/heads/main', 'refs/heads/someone', 'refs/tags');
  const head = readFileSync(join(repository, '.git', 'HEAD'));
  return hash.update(head).update(scratch.git('ls-files', '-s')).update(refs).digest('hex');
}

export async function worldComplaints(question: WorldQuestion): Promise<readonly string[]> {
  const { scratch, state, before } = question;
  const isGone = question.repositoryIsGone === true;
  const chain = isGone ? [] : targetChain(scratch);
  const alive = reachable(question);
  const found = [
    ...brokenInvariants(state, question.parallel, {
      targetTip: chain[0] ?? null,
      targetChain: isGone ? state.queue.landings.map((landing) => landing.to) : chain,
      unreachable: recordedHeads(question).filter((head) => !alive.has(head)),
      liveAttempts: [],
      orphans: await leftProcesses(scratch.root),
      isCheckoutUntouched: isGone || checkoutPrint(scratch) === before,
    }),
  ];
  if (state.life.kind !== 'finished') found.push(`the run is ${state.life.kind}`);
  if (state.intents.size > 0) found.push(`${state.intents.size} intents are open`);
  found.push(...ungated(question, chain));
  for (const id of state.tasks.keys()) {
    const kind = state.tasks.get(id)?.progress.kind;
    if (id.startsWith('honest-') && kind !== 'landed' && !isGone) found.push(`${id} is ${kind ?? 'unknown'}`);
  }
  if (!isGone && isBroken(scratch, join(scratch.repository, '.git')))
    found.push('the repository lacks objects');
  if (isBroken(scratch, controlOf(scratch))) found.push('control lacks objects');
  return found;
}

/** True when content that a ref of control or of the user's repository reaches holds this text. */
export function isTextKept(scratch: Scratch, text: string): boolean {
  return [controlOf(scratch), join(scratch.repository, '.git')].some((gitDir) => {
    if (!existsSync(join(gitDir, 'objects'))) return false;
    const ids = gitOf(scratch, gitDir, ['rev-list', '--all', '--objects', '--no-object-names']);
    return gitOf(scratch, gitDir, ['cat-file', '--batch', '--buffer'], ids).includes(text);
  });
}

/** Processes that sit below `root`, have it in their environment or on their command line, once those that leave have left. */
export async function leftProcesses(root: string): Promise<readonly number[]> {
  const deadline = performance.now() + LEAVE_MS;
  for (;;) {
    const left = processesOf(root);
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(20);
  }
}

export function controlOf(scratch: Scratch): string {
  return join(scratch.stateDir, 'control.git');
}

function processesOf(root: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === true) return false;
        const texts = [readlinkSync(`/proc/${pid}/cwd`)];
        texts.push(
          readFileSync(`/proc/${pid}/environ`, 'utf8'),
          readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
        );
        return texts.some((text) => text.includes(root));
      } catch {
        return false;
      }
    });
}

function targetChain(scratch: Scratch): readonly CommitId[] {
  return scratch.git('rev-list', '--first-parent', TARGET).split('\n') as CommitId[];
}

/** What the log names as an attempt's head, and what scripts noted as work of theirs. */
function recordedHeads({ scratch, state }: WorldQuestion): readonly CommitId[] {
  const file = join(scratch.root, HEADS);
  const noted = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const heads = [...state.attempts.values()].flatMap(({ facts }) =>
    [facts?.head, facts?.committedOnBehalf].flatMap((id) => id ?? []),
  );
  return [...new Set([...heads, ...(noted as CommitId[])])];
}

function reachable({ scratch }: WorldQuestion): ReadonlySet<string> {
  const repositories = [controlOf(scratch), join(scratch.repository, '.git')];
  return new Set(
    repositories
      .filter((gitDir) => existsSync(join(gitDir, 'objects')))
      .flatMap((gitDir) => gitOf(scratch, gitDir, ['rev-list', '--all']).toString().split('\n')),
  );
}

/** Published tips, and whatever the target ends at, whose tree no gate run saw: the gate itself wrote down what it had. */
function ungated({ scratch, state }: WorldQuestion, chain: readonly CommitId[]): readonly string[] {
  const log = join(scratch.root, GATE_LOG);
  const proven = new Set(existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
  const tips = new Set([...state.queue.landings.map((landing) => landing.to), ...chain.slice(0, 1)]);
  tips.delete(state.base);
  return [...tips]
    .map((commit) =>
      gitOf(scratch, controlOf(scratch), ['rev-parse', `${commit}^{tree}`])
        .toString()
        .trim(),
    )
    .filter((tree) => !proven.has(`${tree} ${tree}`))
    .map((tree) => `I2 tree ${tree} was published and never tested`);
}

function isBroken(scratch: Scratch, gitDir: string): boolean {
  try {
    gitOf(scratch, gitDir, ['fsck', '--connectivity-only', '--no-dangling']);
    return false;
  } catch {
    return true;
  }
}

function gitOf(scratch: Scratch, gitDir: string, args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('git', [`--git-dir=${gitDir}`, '--no-replace-objects', ...args], {
    env: scratch.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 2 ** 30,
    ...(input === undefined ? {} : { input }),
  });
}
