/** What the git contract needs from the world beside the port: a person and agents who work on the same repository. */
import type { AbsolutePath, BranchName, CommitId } from '../../../src/core/ids.ts';
import type { GitPort, WorkspaceSpec } from '../../../src/ports/git.ts';

export interface World {
  readonly git: GitPort;
  /** First commit, on `main`: `a.txt`, `b.txt` and `dir/c.txt`, ten lines each. */
  readonly base: CommitId;
  spec(task: string, changes?: Partial<WorkspaceSpec>): WorkspaceSpec;
  /** null deletes. */
  write(spec: WorkspaceSpec, path: string, content: string | null): Promise<void>;
  read(spec: WorkspaceSpec, path: string): Promise<string | null>;
  /** Everything in the workspace, as its agent's commit. */
  commit(spec: WorkspaceSpec, message: string): Promise<CommitId>;
  /** A commit on `parent` with `files` changed, moved to by `branch` in the user's repository; checkouts are not touched. */
  commitAsHuman(
    branch: BranchName,
    parent: CommitId,
    files: Readonly<Record<string, string | null>>,
  ): Promise<CommitId>;
  moveRefAsHuman(ref: string, commit: CommitId | null): Promise<void>;
  /** A file of a checkout made by the port (a slot, a workspace). */
  readIn(folder: AbsolutePath, path: string): Promise<string | null>;
  writeIn(folder: AbsolutePath, path: string, content: string | null): Promise<void>;
  dispose(): Promise<void>;
}

export type MakeWorld = () => Promise<World>;

export const branch = (name: string): BranchName => name as BranchName;

export function lines(changes: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: 10 }, (_, at) => `${changes[at] ?? `line ${at}`}\n`).join('');
}

export const FIRST_FILES: Readonly<Record<string, string>> = {
  'a.txt': lines(),
  'b.txt': lines(),
  'dir/c.txt': lines(),
};
