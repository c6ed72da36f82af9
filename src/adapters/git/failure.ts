import { Failure } from '../../kit/failure.ts';

/**
 * Git, or the repository, refused. `code` is one of: `git-missing`, `git-too-old`, `git-not-a-repository`, `git-bare`,
 * `git-no-commits`, `git-reftable`, `git-partial-clone`, `git-repository-damaged`, `git-failed`, `git-timeout`,
 * `git-output-too-large`, `git-locked`, `git-object-missing`, `git-rejected`, `git-unrelated-histories`,
 * `git-bad-name`, `git-remote`, `git-workspace-missing`, `git-workspace-dirty`, `git-stale-capture`.
 */
export class GitFailure extends Failure {
  override readonly name = 'GitFailure';
  /** Exit status of the git process behind it, null when none ran to its end. */
  readonly exitCode: number | null;
  /** The lock file in the way of a call that failed with `git-locked`, where that is known. */
  readonly lock: string | null;

  constructor(
    code: `git-${string}`,
    message: string,
    options: { cause?: unknown; hint?: string; exitCode?: number; lock?: string } = {},
  ) {
    super(code, message, options);
    this.exitCode = options.exitCode ?? null;
    this.lock = options.lock ?? null;
  }
}

/** True for a system error with one of `codes`, such as `ENOENT`. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
