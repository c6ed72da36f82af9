/** From the words of the command line to an exit code: options, the command's module, its work, its errors. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AbsolutePath } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import { commandNamed, COMMANDS, LATER_COMMANDS, replaceSynonym } from './command-table.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { failureData, failureLines } from './failure-text.ts';
import { DEFAULT_GLOBALS, type Globals } from './globals.ts';
import type { Context, Handler, World } from './host.ts';
import { openOut, type Out } from './writer.ts';

/** Runs one command line, without the program's name. Never throws; everything it says has been written. */
export async function runCli(words: readonly string[], world: World): Promise<number> {
  let out = openOut({ globals: guessGlobals(words), env: world.env });
  try {
    const parsed = await parse(words, world, out);
    if (parsed.kind === 'ended') return parsed.code;
    out = openOut({ globals: parsed.globals, env: world.env });
    const cwd = resolve(world.cwd, parsed.globals.dir ?? '.') as AbsolutePath;
    const context: Context = { out, globals: parsed.globals, world, cwd };
    return await parsed.handler(context);
  } catch (error) {
    return report(error, out);
  } finally {
    out.live?.end();
    await out.flush();
  }
}

/** Before the words are understood an error still has to come out in the form that was asked for. */
function guessGlobals(words: readonly string[]): Globals {
  const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const color = options.includes('--no-color') ? 'never' : 'auto';
  const verbosity = options.includes('-vv') ? 2 : 0;
  return { ...DEFAULT_GLOBALS, json: options.includes('--json'), color, verbosity };
}

type Parsed =
  | { readonly kind: 'ended'; readonly code: number }
  | { readonly kind: 'command'; readonly handler: Handler; readonly globals: Globals };

async function parse(words: readonly string[], world: World, out: Out): Promise<Parsed> {
  const plain = plainStatus(words);
  if (plain !== null) return plain;
  const { buildProgram } = await import('./program.ts');
  const program = buildProgram({ version: world.version, out });
  const name = program.commandWord(words);
  if (name === null) return program.parse(words, null);
  const replaced = replaceSynonym(words.slice(words.indexOf(name)));
  const line = [...words.slice(0, words.indexOf(name)), ...replaced];
  const command = replaced[0] ?? name;
  const entry = commandNamed(command);
  if (entry === null) throw unknownCommand(command);
  const { define } = await entry.load();
  return program.parse(line, define);
}

/** `status` and `status --json`, which scripts ask all the time, are understood without loading commander. */
function plainStatus(words: readonly string[]): Parsed | null {
  const isJson = words.length === 2 && words[1] === '--json';
  if (words[0] !== 'status' || (words.length > 1 && !isJson)) return null;
  const handler: Handler = async (context) => {
    const { showStatus } = await import('./status/show-status.ts');
    return showStatus(context, { task: null, ready: false, welcome: false });
  };
  return { kind: 'command', handler, globals: { ...DEFAULT_GLOBALS, json: isJson } };
}

function unknownCommand(name: string): Failure {
  const instead = LATER_COMMANDS[name];
  if (Object.hasOwn(LATER_COMMANDS, name) && instead !== undefined) {
    return new Failure('usage-not-available', `copse ${name} is not available yet`, { hint: instead });
  }
  const near = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  const hint = near === null ? 'copse --help' : `copse ${near}`;
  return new Failure('usage-unknown-command', `there is no command ${JSON.stringify(name)}`, { hint });
}

/** The one name within two edits; null when none is. */
function nearest(word: string, names: readonly string[]): string | null {
  const scored = names.map((name) => ({ name, distance: editDistance(word, name) }));
  const [best] = scored.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.min(2, Math.ceil(word.length / 3)) ? best.name : null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Says what went wrong, in the form that was asked for; the exit code follows from the failure alone. */
function report(error: unknown, out: Out): number {
  const code = exitCodeOf(error);
  const logPath = code === EXIT.bug ? keepStack(error) : null;
  if (out.json) out.envelope('error', failureData(error, code));
  out.live?.end();
  out.problem(...failureLines(error, { verbosity: out.verbosity, style: out.noteStyle, logPath }));
  return code;
}

/** A stack trace helps nobody at the terminal, but a bug report needs it. */
function keepStack(error: unknown): string | null {
  const folder = join(tmpdir(), `copse-errors-${process.getuid?.() ?? 0}`);
  const file = join(folder, `error-${Date.now()}-${process.pid}.log`);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
  } catch {
    return null;
  }
}
