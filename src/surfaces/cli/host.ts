/** What a command gets: the writer, the global options, and the world behind them, opened only when asked for. */
import type { Condition } from '../../core/agents/condition.ts';
import type { StreamFormat } from '../../core/agents/formats.ts';
import type { Deps } from '../../engine/deps.ts';
import type { AbsolutePath } from '../../core/ids.ts';
import type { ControlPort } from '../../ports/control.ts';
import type { StorePort } from '../../ports/store.ts';
import type { GitPort } from '../../ports/git.ts';
import type { ProjectFindings } from '../../formats/detect/model.ts';
import type { FoundAgent } from '../../formats/detect/agents.ts';
import type { Globals } from './globals.ts';
import type { Out } from './writer.ts';
import type { Environment } from './style.ts';
import type { Place } from './place.ts';

/** A command's work; the number is the exit code. */
export type Handler = (context: Context) => Promise<number>;

/** A command's definition hands its work over here; it runs when the whole line was understood. */
export interface Host {
  invoke(handler: Handler): void;
}

export interface Context {
  readonly out: Out;
  readonly globals: Globals;
  readonly world: World;
  /** Where the command was started, `-C` included. */
  readonly cwd: AbsolutePath;
}

/** The adapters, wired by `main.ts`. Each function loads what it needs and nothing else. */
export interface World {
  readonly env: Environment;
  readonly version: string;
  readonly cwd: string;
  /** Absolute path of the program, for starting it again. */
  readonly program: readonly [string, ...string[]];
  openStore(place: Place): Promise<StorePort & { readonly driver?: string }>;
  openGit(place: Place): Promise<ClosableGit>;
  openDeps(place: Place): Promise<OpenDeps>;
  openControl(place: Place): Promise<ControlPort>;
  inspectProject(root: string, tracked: readonly string[]): Promise<ProjectFindings>;
  inspectAgents(): Promise<readonly FoundAgent[]>;
  /** First line of `<program> --version`; null when it fails or takes too long. */
  readVersion(program: string, timeoutMs: number): Promise<string | null>;
  /** What an agent at work is doing, from the evidence; null when nothing runs there. */
  lookAtAgent(agent: AgentAtWork): Promise<Condition | null>;
  /** A repository of one commit in a temporary folder; its absolute path. */
  makeScratchRepository(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Name and version of the SQLite driver; a failure says how to get one. */
  sqliteDriver(): Promise<string>;
}

export interface AgentAtWork {
  readonly runDir: AbsolutePath;
  readonly worktree: AbsolutePath;
  readonly output: StreamFormat;
}

export type ClosableGit = GitPort & { close(): void };

export interface OpenDeps {
  readonly deps: Deps;
  /** Ends reading processes and closes the store; running agents go on. */
  close(): Promise<void>;
}
