/** What `copse merge` is told about single branches: priority, needs, and which are never tested with others. */
import type { BranchName, ChangeId } from '../../../core/ids.ts';
import type { EntryWish } from '../../../core/run/queue-orders.ts';
import { Failure } from '../../../kit/failure.ts';
import { priorityWord } from '../values.ts';

export interface WishWords {
  /** `branch=priority`. */
  readonly priorities: readonly string[];
  /** `branch=other`. */
  readonly needs: readonly string[];
  readonly alone: readonly string[];
}

/** Failure `usage-branch` for a branch that is not among those to land, `usage-value` for one that cannot be read. */
export function wishesOf(
  words: WishWords,
  branches: readonly BranchName[],
): ReadonlyMap<BranchName, EntryWish> {
  const wishes = new Map<BranchName, EntryWish>();
  const change = (name: string, wish: (before: EntryWish) => EntryWish): void => {
    const branch = known(name, branches);
    wishes.set(branch, wish(wishes.get(branch) ?? { priority: null, alone: false, needs: [] }));
  };
  for (const word of words.priorities) {
    const [name, value] = split(word, '--priority');
    change(name, (before) => ({ ...before, priority: priorityOf(value) }));
  }
  for (const word of words.needs) {
    const [name, other] = split(word, '--needs');
    const need = known(other, branches) as string as ChangeId;
    change(name, (before) => ({ ...before, needs: [...before.needs, need] }));
  }
  for (const name of words.alone) change(name, (before) => ({ ...before, alone: true }));
  return wishes;
}

function priorityOf(value: string): EntryWish['priority'] {
  try {
    return priorityWord(value);
  } catch (cause) {
    throw new Failure('usage-value', `--priority: ${cause instanceof Error ? cause.message : value}`, {
      cause,
    });
  }
}

function split(word: string, option: string): readonly [string, string] {
  const at = word.lastIndexOf('=');
  if (at > 0 && at < word.length - 1) return [word.slice(0, at), word.slice(at + 1)];
  throw new Failure('usage-value', `${option} ${word}: expected branch=value`);
}

function known(name: string, branches: readonly BranchName[]): BranchName {
  const found = branches.find((branch) => branch === name.replace(/^refs\/heads\//, ''));
  if (found !== undefined) return found;
  throw new Failure('usage-branch', `${name} is not among the branches to land`);
}
