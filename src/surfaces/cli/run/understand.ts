/** What the words after `run` ask for: a plan file, tasks of the plan, or prompts. */
import { Failure } from '../../../kit/failure.ts';

export type Wish =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'plan'; readonly file: string }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'prompts'; readonly prompts: readonly string[] };

export interface Known {
  readonly isFile: (path: string) => boolean;
  /** Ids of the plan that was found; null when there is no plan. */
  readonly taskIds: readonly string[] | null;
}

/** Failure `usage-…` when the words mix kinds or name a file or task that is not there. */
export function understand(words: readonly string[], known: Known): Wish {
  const [first, second] = words;
  if (first === undefined) return { kind: 'nothing' };
  if (isPlanName(first)) {
    if (second !== undefined)
      throw new Failure('usage-words', `after the plan ${first} nothing may follow: ${second}`);
    if (!known.isFile(first)) throw new Failure('plan-missing', `there is no plan file ${first}`);
    return { kind: 'plan', file: first };
  }
  const empty = words.find((word) => word.trim() === '');
  if (empty !== undefined) throw new Failure('usage-prompt', 'a prompt is empty');
  const ids = known.taskIds ?? [];
  const prompts = words.filter((word) => !ids.includes(word));
  if (prompts.length === 0) return { kind: 'ids', ids: words };
  const unclear = known.taskIds === null ? undefined : prompts.find((word) => !/\s/.test(word));
  if (unclear !== undefined) {
    throw new Failure('task-unknown', `the plan has no task ${unclear}; a prompt has more than one word`, {
      hint: 'copse plan show',
    });
  }
  if (prompts.length < words.length) {
    throw new Failure('usage-words', 'tasks of the plan and prompts cannot be mixed in one run');
  }
  return { kind: 'prompts', prompts: words };
}

function isPlanName(word: string): boolean {
  return /^\S+\.ya?ml$/i.test(word);
}
