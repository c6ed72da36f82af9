/**
 * What can be said about a project by looking at file names and a few manifests. Nothing is run, and files that may
 * hold credentials are never read. Every finding carries its evidence, so that a person can judge it at a glance.
 */

/** What detection may look at: names, and the text of manifests. */
export interface ProjectFiles {
  /** Tracked paths, `/` separators, relative to the root; may be cut off in a huge repository. */
  readonly tracked: readonly string[];
  /** Untracked names at the root and one level below; folders end in `/`. */
  readonly untracked: readonly string[];
  /** Text of a tracked file; null when absent, too big, a link or not text. */
  read(path: string): string | null;
}

export interface Finding<T> {
  readonly value: T;
  /** One clause: `package.json scripts.test`. */
  readonly evidence: string;
}

export const GATE_NAMES = ['test', 'types', 'lint', 'format', 'build'] as const;
export type DetectedGateName = (typeof GATE_NAMES)[number];

export interface DetectedGate {
  readonly name: DetectedGateName;
  readonly run: string;
  /** Folder of the command; null at the root. */
  readonly cwd: string | null;
  readonly evidence: string;
  /**
   * script: the project names the command (package.json, Makefile, …) · convention: the tool's usual command ·
   * ci: only the CI workflow runs it.
   */
  readonly origin: 'script' | 'convention' | 'ci';
  /** The CI workflow runs the same command. */
  readonly isInCi: boolean;
}

export interface ProjectFindings {
  readonly packageManager: Finding<string> | null;
  /** At most one of each name, ordered as `GATE_NAMES`. */
  readonly gates: readonly DetectedGate[];
  /** Other commands for the same names, best first. */
  readonly alternatives: readonly DetectedGate[];
  /** Run in each new worktree, in order. */
  readonly setup: readonly Finding<string>[];
  readonly copy: readonly Finding<string>[];
  readonly link: readonly Finding<string>[];
}

/** What one ecosystem contributes. */
export interface Contribution {
  readonly packageManager?: Finding<string>;
  readonly gates?: readonly Pick<DetectedGate, 'name' | 'run' | 'evidence' | 'origin'>[];
  readonly setup?: readonly Finding<string>[];
}

/** Looks at the files of one folder; paths are relative to it. */
export type Detector = (files: FolderView) => Contribution | null;

export interface FolderView {
  has(name: string): boolean;
  /** The first of `names` that is there. */
  first(...names: readonly string[]): string | null;
  matching(pattern: RegExp): readonly string[];
  read(name: string): string | null;
}
