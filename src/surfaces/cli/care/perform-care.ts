/** cleanup, undo, reset, recover: each leads for the length of the command, says what it will do, and how to take it back. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  cleanUp,
  type CleanupItem,
  type CleanupResult,
  findCleanable,
} from '../../../engine/care/cleanup.ts';
import { listUnlanded, recoverWork } from '../../../engine/care/recover.ts';
import { resetRun } from '../../../engine/care/reset.ts';
import { loadRuns } from '../../../engine/care/runs.ts';
import { chooseOperation, undoOperation } from '../../../engine/care/undo.ts';
import { Failure } from '../../../kit/failure.ts';
import { shortId } from '../../../views/words.ts';
import type { Leadership } from '../../../ports/store.ts';
import { confirm } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import type { Place } from '../place.ts';
import { takeLead } from '../run/lead.ts';
import { type Session, withSession } from '../session.ts';
import { askLeader, isLed, requireRun } from '../steer/tell-run.ts';

async function leading<T>(session: Session, work: (leadership: Leadership) => Promise<T>): Promise<T> {
  const lead = await takeLead(session, false);
  try {
    return await work(lead.leadership);
  } finally {
    await lead.close();
  }
}

export function performCleanup(context: Context, options: { readonly all: boolean }): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    const items = await findCleanable(session.deps, options.all);
    if (items.length === 0) {
      if (out.json) out.envelope('cleanup', { removed: [] });
      else out.answer('nothing to clean up');
      return EXIT.done;
    }
    if (options.all && !(await allowsAll(context, items))) return EXIT.person;
    const results: CleanupResult[] = [];
    await leading(session, async (leadership) => {
      for (const item of items) {
        const result = await cleanUp(session.deps, leadership, item);
        results.push(result);
        out.note(cleanupLine(result));
      }
    });
    const refused = results.filter((one) => one.outcome === 'refused');
    if (out.json) out.envelope('cleanup', { removed: results.map(cleanupData) });
    else
      out.answer(
        `${results.length - refused.length} removed${refused.length > 0 ? `, ${refused.length} kept` : ''}`,
      );
    out.note('to take a branch back: copse undo; saved work: copse recover');
    return refused.length > 0 ? EXIT.person : EXIT.done;
  });
}

function allowsAll(context: Context, items: readonly CleanupItem[]): Promise<boolean> {
  const lines = items.map(({ task, spec, why }) => `  ${task.task.id}  ${why}  ${spec.path}`);
  context.out.note('these go, after their content is saved:', ...lines);
  return confirm(context, `Remove ${items.length} worktrees and their branches?`, '--yes');
}

function cleanupLine(result: CleanupResult): string {
  const branch = result.branchOutcome === 'deleted' ? `, branch ${result.branch} deleted` : '';
  const saved = result.salvage === null ? '' : `; uncommitted work saved as ${result.salvage}`;
  if (result.outcome === 'refused') {
    return `! ${result.task}: kept, ${result.unsaved.length} files could not be saved (${result.worktree})`;
  }
  return `✓ ${result.task}: worktree ${result.outcome}${branch}${saved}`;
}

function cleanupData(result: CleanupResult) {
  return {
    task: result.task,
    worktree: result.worktree,
    branch: result.branch,
    outcome: result.outcome,
    branch_outcome: result.branchOutcome,
    ...(result.salvage === null ? {} : { salvage: result.salvage }),
    ...(result.unsaved.length === 0 ? {} : { unsaved: result.unsaved }),
  };
}

export function performUndo(context: Context, id: string | null): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    const operation = await chooseOperation(session.deps, id);
    const moves = operation.refs.map(
      ({ ref, from, to }) =>
        `  ${ref}: ${to === null ? 'gone' : shortId(to)} back to ${from === null ? 'nothing' : shortId(from)}`,
    );
    out.note(`${operation.id}: ${operation.what}`, ...moves);
    if (!(await confirm(context, 'Move them back?', '--yes'))) return EXIT.person;
    const refs = await leading(session, (leadership) => undoOperation(session.deps, leadership, operation));
    if (out.json) out.envelope('undo', { operation: operation.id, what: operation.what, refs });
    else out.answer(`undone: ${operation.what}`);
    return EXIT.done;
  });
}

/** How long a living leader gets to stop its agents. */
const LEADER_LIMIT_MS = 60_000;
const LOOK_MS = 100;

export function performReset(context: Context): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    const state = await requireRun(session);
    if (state.life.kind === 'finished' && state.queue.held === null) {
      throw new Failure('usage-finished', `${state.id} has finished (${state.life.outcome})`, {
        hint: 'copse cleanup --all    # removes its worktrees',
      });
    }
    if (!(await confirm(context, `End ${state.id}? Its agents are stopped, their work is saved.`, '--yes'))) {
      return EXIT.person;
    }
    if (await isLed(session)) await endLeader(session);
    const now = await requireRun(session);
    const result = await leading(session, (leadership) =>
      resetRun(session.deps, leadership, now, session.by),
    );
    if (out.json) out.envelope('reset', { run: now.id, stopped: result.stopped, saved: result.saved });
    else out.answer(`${now.id} ended; ${result.stopped.length} tasks stopped, worktrees kept`);
    out.note('to remove them: copse cleanup --all; to take a task up again: copse retry ID');
    return EXIT.done;
  });
}

async function endLeader(session: Session): Promise<void> {
  const { deps, by } = session;
  const state = await requireRun(session);
  const working = [...state.tasks.values()].filter((task) => task.progress.kind === 'working');
  await askLeader(session, { kind: 'drain' });
  await askLeader(session, {
    kind: 'tell',
    facts: working.map((task) => ({ kind: 'task.stop_requested', task: task.task.id, by })),
  });
  for (let waited = 0; await isLed(session); waited += LOOK_MS) {
    if (waited > LEADER_LIMIT_MS)
      throw new Failure('leader-held', 'the leader does not end; its gates may still run');
    await new Promise((resolve) => {
      deps.clock.after(LOOK_MS, () => resolve(null));
    });
  }
}

export function performRecover(context: Context, name: string | null): Promise<number> {
  return withSession(context, async (session) => {
    const { out } = context;
    if (name !== null) {
      const made = await leading(session, (leadership) => recoverWork(session.deps, leadership, name));
      if (out.json) out.envelope('recover', made);
      else out.answer(`branch ${made.branch} holds it, at ${shortId(made.commit)}`);
      out.note(`to look: git log -p ${made.branch}; to drop it: copse undo`);
      return EXIT.done;
    }
    const saved = await listUnlanded(session.deps);
    const orphans = await orphanWorktrees(session);
    if (out.json) {
      out.envelope('recover', { saved, worktrees: orphans });
      return EXIT.done;
    }
    if (saved.length === 0) out.answer('nothing is saved');
    const width = Math.max(0, ...saved.map((one) => one.name.length));
    // What is saved after a try is its branch too when nothing was left uncommitted.
    const kinds = { uncommitted: 'all of its files', branch: 'its commits', other: 'saved' };
    out.answer(
      ...saved.map((one) => `${one.name.padEnd(width)}  ${shortId(one.commit)}  ${kinds[one.kind]}`),
    );
    for (const path of orphans) out.answer(`worktree without a task: ${path}`);
    if (saved.length > 0) out.note('to bring one back: copse recover NAME');
    return EXIT.done;
  });
}

async function orphanWorktrees({ deps, place }: Session): Promise<readonly string[]> {
  const runs = await loadRuns(deps.store);
  const known = new Set(
    runs.flatMap((run) => [...run.tasks.values()].map((task) => task.workspace?.path as string | undefined)),
  );
  return ownWorktrees(place).filter((path) => !known.has(path));
}

/** Folders of the linked worktrees that Copse made in this repository, also those that are gone. */
export function ownWorktrees(place: Place): readonly string[] {
  const folder = join(place.commonDir, 'worktrees');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^copse-[0-9a-f]+$/.test(name))
    .flatMap((name) => {
      try {
        return [dirname(readFileSync(join(folder, name, 'gitdir'), 'utf8').trim())];
      } catch {
        return [];
      }
    });
}
