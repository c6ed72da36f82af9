/**
 * Something the world refused (git missing, disk full, port taken). Not an outcome and not a bug.
 * `code` is stable and documented; `hint` is one runnable suggestion.
 */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}
