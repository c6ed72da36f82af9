/**
 * What commands write with. Standard output carries the answer, standard error the story of getting it; with
 * `--json` standard output carries JSON only. Whatever text comes in,
 * only printable characters, line breaks and the sequences of `style.ts` go out.
 */
import { printable, printableJson } from '../../kit/printable.ts';
import type { Paint } from '../../views/paint.ts';
import type { Globals } from './globals.ts';
import { announcement } from './announcement.ts';
import { LiveBlock } from './live-block.ts';
import { type Stream, standardStreams } from './out.ts';
import {
  COLOURED,
  OWN_SEQUENCE,
  type Environment,
  PLAIN,
  type Style,
  wantsColor,
  wantsMotion,
  wantsUnicode,
} from './style.ts';

export interface Out {
  readonly json: boolean;
  readonly verbosity: number;
  /** For text that goes to standard output, and to standard error. */
  readonly style: Style;
  readonly noteStyle: Style;
  /** The same for the views; columns are 80 where the stream is no terminal. */
  readonly paint: Paint;
  readonly notePaint: Paint;
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Rows of the terminal the story is told on. */
  readonly noteRows: number;
  /** Aborts when the reader of standard output has gone: followers stop, everything else goes on unseen. */
  readonly closed: AbortSignal;
  /** Lines of the answer. Not with `--json`. */
  answer(...lines: readonly string[]): void;
  /** Text of the answer as it is, unstyled: file content, logs. Control characters but line breaks and tabs are removed. */
  raw(text: string): void;
  /** Bytes of the answer as they are, whatever they do to a terminal: only where that was asked for. */
  bytes(chunk: Uint8Array): void;
  /** Only where standard output is a terminal. */
  clearScreen(): void;
  /** One envelope: `{"schema":"copse.<thing>/1","data":…,"meta":…}`. */
  envelope(thing: string, data: unknown, meta?: Readonly<Record<string, unknown>>): void;
  /** One line of newline-delimited JSON. */
  record(value: unknown): void;
  /** A line of the story. Not with `-q`. */
  note(...lines: readonly string[]): void;
  /** The same, from `-v` (1) or `-vv` (2) on. */
  detail(level: 1 | 2, ...lines: readonly string[]): void;
  /** A message of the terminal itself, where the story is told on one. */
  announce(title: string, text: string): void;
  /** Said whatever the verbosity. */
  problem(...lines: readonly string[]): void;
  /** Lines drawn again in place below the story; null where nothing may be drawn twice. */
  readonly live: LiveBlock | null;
  /** Asks on standard error; null when nobody may be asked. */
  readonly canAsk: boolean;
  prompt(text: string): void;
  /** Resolves when what was written has been handed to the system. */
  flush(): Promise<void>;
}

export interface OutOptions {
  readonly globals: Globals;
  readonly env: Environment;
  readonly stdout?: Stream;
  readonly stderr?: Stream;
  readonly stdinIsTerminal?: boolean;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export function openOut(options: OutOptions): Out {
  const { globals, env } = options;
  const standard = standardStreams();
  const stdout = options.stdout ?? standard.stdout;
  const stderr = options.stderr ?? standard.stderr;
  const closed = new AbortController();
  const toAnswer = guarded(stdout, () => closed.abort());
  const toNote = guarded(stderr, () => {});
  const isNoteTerminal = stderr.isTTY === true;
  const hasMotion = isNoteTerminal && globals.progress && globals.verbosity >= 0 && wantsMotion(true, env);
  const screen = {
    write: toNote,
    columns: () => stderr.columns ?? DEFAULT_COLUMNS,
    rows: () => stderr.rows ?? DEFAULT_ROWS,
  };
  const live = hasMotion ? new LiveBlock(screen, systemTimer) : null;
  const answerColor = !globals.json && wantsColor(globals.color, stdout.isTTY === true, env);
  const noteColor = wantsColor(globals.color, isNoteTerminal, env);
  const ascii = !wantsUnicode(env);
  const say = (lines: readonly string[]): void => {
    const text = lines.map((line) => `${safe(line, noteColor)}\n`).join('');
    if (live === null) toNote(text);
    else live.above(text);
  };
  const stdinIsTerminal = options.stdinIsTerminal ?? process.stdin.isTTY;
  return {
    json: globals.json,
    verbosity: globals.verbosity,
    style: answerColor ? COLOURED : PLAIN,
    noteStyle: noteColor ? COLOURED : PLAIN,
    get paint() {
      return { columns: stdout.columns ?? DEFAULT_COLUMNS, colour: answerColor, ascii };
    },
    get notePaint() {
      return { columns: stderr.columns ?? DEFAULT_COLUMNS, colour: noteColor, ascii };
    },
    isTerminal: stdout.isTTY === true,
    columns: stdout.columns ?? DEFAULT_COLUMNS,
    get noteRows() {
      return stderr.rows ?? DEFAULT_ROWS;
    },
    closed: closed.signal,
    answer: (...lines) => {
      if (!globals.json) toAnswer(lines.map((line) => `${safe(line, answerColor)}\n`).join(''));
    },
    raw: (text) => toAnswer(withoutControls(text)),
    bytes: (chunk) => toAnswer(Uint8Array.from(chunk)),
    clearScreen: () => toAnswer('\u001b[H\u001b[2J'),
    envelope: (thing, data, meta) =>
      toAnswer(`${printableJson({ schema: `copse.${thing}/1`, data, ...(meta ? { meta } : {}) })}\n`),
    record: (value) => toAnswer(`${printableJson(value)}\n`),
    note: (...lines) => {
      if (globals.verbosity >= 0) say(lines);
    },
    detail: (level, ...lines) => {
      if (globals.verbosity >= level) say(lines);
    },
    announce: (title, text) => {
      if (isNoteTerminal && wantsMotion(true, env)) toNote(announcement(title, text, env));
    },
    problem: (...lines) => say(lines),
    live,
    canAsk: globals.input && !globals.json && stdinIsTerminal && isNoteTerminal,
    prompt: (text) => toNote(safe(text, noteColor)),
    flush: () => flushed(stdout).then(() => flushed(stderr)),
  };
}

/** A closed pipe ends the writing, not the work. */
function guarded(stream: Stream, whenGone: () => void): (text: string | Uint8Array) => void {
  let isGone = false;
  const gone = (): void => {
    isGone = true;
    whenGone();
  };
  stream.on?.('error', gone);
  return (text) => {
    if (isGone) return;
    try {
      stream.write(text);
    } catch {
      gone();
    }
  };
}

const systemTimer = {
  now: () => performance.now(),
  after: (delayMs: number, wake: () => void) => {
    const timer = setTimeout(wake, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** One line: what came from outside is made harmless piece by piece, our own colour sequences pass. */
function safe(line: string, hasColor: boolean): string {
  return line
    .split(OWN_SEQUENCE)
    .map((piece, index) => (index % 2 === 1 ? (hasColor ? piece : '') : printable(piece)))
    .join('');
}

/** All but line breaks and tabs, and what turns the direction of text around. */
const CONTROLS =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function withoutControls(text: string): string {
  return text.replaceAll(CONTROLS, '');
}

function flushed(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    // A stream that is gone never calls back.
    setTimeout(resolve, 1_000).unref();
    try {
      stream.write('', () => resolve());
    } catch {
      resolve();
    }
  });
}
