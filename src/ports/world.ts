/** The small ports: clock, machine, failpoints, files of the state folder, agents. */
import type { StreamFacts } from '../core/agents/stream-facts.ts';
import type { AgentSpec } from '../core/plan/model.ts';
import type { AbsolutePath } from '../core/ids.ts';

export interface ClockPort {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go backwards. */
  monotonic(): number;
  /** Calls `wake` once, not before `delayMs`; the returned function cancels. */
  after(delayMs: number, wake: () => void): () => void;
}

export interface MachineLoad {
  readonly cpuCount: number;
  /** Busy fraction of all processors over the last seconds, 0..1. */
  readonly cpuBusy: number;
  readonly memoryTotalBytes: number;
  readonly memoryAvailableBytes: number;
  /** Free bytes where worktrees are made. */
  readonly diskFreeBytes: number;
}

export interface MachinePort {
  load(path: AbsolutePath): Promise<MachineLoad>;
  /** `count` loopback ports that were free at this moment and differ from `taken`. */
  freePorts(count: number, taken: readonly number[]): Promise<readonly number[]>;
  readonly bootId: string;
  readonly platform: string;
}

export interface FolderWatch {
  close(): void;
}

/** Tells that something below a folder changed. A saving, never a proof: whoever must know looks now and then all the same. */
export interface WatchPort {
  /**
   * Calls `onChange` within about a second of a write below `folder`, once or more often; `.git` does not count. null when
   * the folder cannot be watched here, or holds more than a watch may cost.
   */
  watch(folder: AbsolutePath, onChange: () => void): Promise<FolderWatch | null>;
}

/** Named points before and after each effect; a test switches one on to die, throw or delay there. */
export type Failpoint = (name: string) => Promise<void>;

export interface FolderEntry {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAtMs: number;
}

export interface FilesPort {
  /** Entries of a folder in no particular order; none when it is not there. */
  list(path: AbsolutePath): Promise<readonly FolderEntry[]>;
  /** Removes a file or a folder with all it holds; nothing happens when it is not there. Links are removed, not followed. */
  remove(path: AbsolutePath): Promise<void>;
  /** Written whole and renamed into place; parent folders are made. `fast` may be lost by a power cut, never by a kill. */
  write(path: AbsolutePath, content: string, durability?: 'durable' | 'fast'): Promise<void>;
  read(path: AbsolutePath): Promise<string | null>;
}

export interface LaunchRequest {
  readonly agent: AgentSpec;
  readonly task: string;
  readonly wave: number;
  readonly attempt: string;
  readonly prompt: string;
  readonly promptFile: AbsolutePath;
  readonly worktree: AbsolutePath;
  readonly branch: string;
  /** From the plan's workspace (env, ports), already resolved. */
  readonly env: Readonly<Record<string, string>>;
  /** Conversation to go on with; null or absent: a new one. */
  readonly session?: string | null;
  /** The whole brief beside the prompt of a conversation that goes on, for a client that has to begin anew. */
  readonly briefFile?: AbsolutePath | null;
  /** After so long without a sign of life the attempt is ended: who waits for a person says so in time. */
  readonly stallMs?: number;
  /** Where the agent's tools are served; absent until something provides them. */
  readonly mcpUrl?: string | null;
  /** It is to judge work, not to do any: it may only read where its client can be told so. */
  readonly review?: ReviewLaunch | null;
  /** Folders of git that a commit in the worktree writes to. */
  readonly gitDirs?: { readonly own: AbsolutePath; readonly common: AbsolutePath } | null;
}

export interface ReviewLaunch {
  /** JSON schema of its last answer. */
  readonly schema: string;
  readonly schemaFile: AbsolutePath;
  /** Where a client that can puts its last answer. */
  readonly answerFile: AbsolutePath;
  /** The commits under review. */
  readonly since: string;
  readonly head: string;
  /** From 1. */
  readonly round: number;
}

export interface Launch {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | null;
  /** Values that must not reach the disk. */
  readonly secrets: readonly string[];
}

/** Reads what one agent process printed; memory does not grow with it. */
export interface StreamReading {
  push(text: string): void;
  /** Part of the output was not kept. */
  cut(): void;
  end(): StreamFacts;
  /** What it said last, once it has ended: the likeliest place of its answer first. */
  answers(): readonly string[];
}

export interface AgentsPort {
  /** null for an agent of which nothing is read. */
  openStream(agent: AgentSpec): StreamReading | null;
  /** Pure but for reading the allowed environment variables; failure `agent-template` when the command cannot be built safely. */
  launch(request: LaunchRequest): Launch;
}

export type RegexOutcome =
  /** Per match, in order: the first group that took part; null when the pattern has no group or none took part. */
  | { readonly kind: 'matched'; readonly matches: readonly (string | null)[] }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'timed-out' }
  /** More matches, or more text captured, than anyone reads. */
  | { readonly kind: 'too-many' };

/** Runs patterns that users wrote: a bad one must cost its limit and nothing else. */
export interface RegexPort {
  /** `limitMs` counts from when matching begins; other work of this process goes on meanwhile. */
  matchAll(pattern: string, text: string, limitMs: number): Promise<RegexOutcome>;
}
