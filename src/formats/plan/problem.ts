/** A problem of a plan file before it is given its line and column. Offsets are UTF-16 units into the text. */
export interface SourceProblem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly start: number;
  readonly end: number;
  /** One clause that says what the message rests on; may be empty. */
  readonly why: string;
  /** What to write or run; null when only the author can know. */
  readonly fix: string | null;
  /** Applied by `plan check --fix`. */
  readonly edits?: readonly TextEdit[];
}

/** Replaces `[start, end)` of the text. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A problem as it is printed, served and counted. Lines and columns count from 1, columns in UTF-16 units. */
export interface PlanDiagnostic {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Exclusive; on the same line. */
  readonly endColumn: number;
  readonly why: string;
  readonly fix: string | null;
  readonly autofix?: { readonly edits: readonly TextEdit[] };
}
