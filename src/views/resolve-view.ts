/** A conflict as `copse resolve` shows it: the `data` of `copse.resolve/1`. */
import type { ChangeState, RunState } from '../core/run/state.ts';
import { nameOf } from './narrate-queue.ts';
import { printable } from '../kit/printable.ts';
import { shortId } from './words.ts';

export interface ConflictView {
  readonly change: string;
  readonly task?: string;
  readonly branch: string;
  readonly base: string | null;
  readonly ours: string;
  readonly theirs: string;
  readonly files: readonly string[];
  /** Tasks or branches on the other side. */
  readonly with: readonly string[];
  readonly tries: readonly {
    readonly stage: string;
    readonly agent?: string;
    readonly outcome: string;
    readonly reason: string;
    readonly change?: string;
    readonly logs: readonly string[];
  }[];
}

export interface ResolveView extends ConflictView {
  /** Folder with the merge in progress; absent once it is closed. */
  readonly path?: string;
  readonly action: 'opened' | 'continued' | 'asked' | 'dropped';
  /** Changed files that were not in conflict. */
  readonly outside: readonly string[];
  readonly kept_as?: string;
}

export function conflictView(change: ChangeState, state: RunState): ConflictView | null {
  const { conflict, id, task, branch } = change;
  if (conflict === null) return null;
  const { base, ours, theirs, files, company, tries } = conflict;
  return {
    change: id,
    ...(task === null ? {} : { task }),
    branch,
    base,
    ours,
    theirs,
    files,
    with: company.map((other) => nameOf(other, state)),
    tries: tries.map((one) => ({
      stage: one.stage,
      ...(one.agent === null ? {} : { agent: one.agent }),
      outcome: one.outcome,
      reason: one.detail,
      ...(one.change === null ? {} : { change: one.change }),
      logs: one.logs,
    })),
  };
}

export function resolveText(view: ResolveView, target: string): readonly string[] {
  const name = view.task ?? view.branch;
  const company = view.with.length === 0 ? '' : ` (with ${view.with.join(', ')})`;
  const lines = [
    `${name} conflicts with ${target}${company} in:`,
    ...view.files.map((file) => `  ${file}`),
    `base ${shortId(view.base ?? 'none')}, ${target} ${shortId(view.ours)}, ${view.branch} ${shortId(view.theirs)}`,
    ...view.tries.map((one) => `tried ${one.agent ?? one.stage}: ${one.outcome}, ${one.reason}`),
  ];
  if (view.path !== undefined) lines.push(`the merge in progress is at ${view.path}`);
  return lines.map(printable);
}
