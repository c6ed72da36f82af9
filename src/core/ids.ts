import type { Brand } from '../kit/brand.ts';

/**
 * Identities of the domain. They are made only where input is parsed (`formats`, the store's decoder, git's output);
 * everything inside may then trust their shape.
 */
export type TaskId = Brand<string, 'TaskId'>;
/** `run-<date>-<random>`; one per `copse run` or `copse merge`. */
export type RunId = Brand<string, 'RunId'>;
/** `<task>.<n>`, n counts from 1 over the whole run; one agent process. */
export type AttemptId = Brand<string, 'AttemptId'>;
/** A full object id of a commit, 40 or 64 hex digits. */
export type CommitId = Brand<string, 'CommitId'>;
/** A full object id of a tree. */
export type TreeId = Brand<string, 'TreeId'>;
/** A branch without `refs/heads/`. */
export type BranchName = Brand<string, 'BranchName'>;
/** A path inside the repository: `/` separators, relative, no `..`. */
export type RepoPath = Brand<string, 'RepoPath'>;
/** An absolute path on this machine. */
export type AbsolutePath = Brand<string, 'AbsolutePath'>;
export type GateName = Brand<string, 'GateName'>;
/** One entry of the merge queue: a task's wave that is complete, or a branch made by anyone. */
export type ChangeId = Brand<string, 'ChangeId'>;
/** One tree under test in the merge queue. */
export type BuildId = Brand<string, 'BuildId'>;
/** One recorded intention; its outcome event carries the same id. */
export type IntentId = Brand<string, 'IntentId'>;

/** `^[a-z0-9][a-z0-9._-]{0,63}$`, no `..`, no `.lock` end: safe as a ref part, a file name and an argument. */
export function parseTaskId(text: string): TaskId | null {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(text)) return null;
  if (text.includes('..') || text.endsWith('.lock') || text.endsWith('.')) return null;
  return text as TaskId;
}

export function parseCommitId(text: string): CommitId | null {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? (text as CommitId) : null;
}
