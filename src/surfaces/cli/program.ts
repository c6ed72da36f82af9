/** The commander program: global options and the one command that was asked for. */
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { Failure } from '../../kit/failure.ts';
import { EXIT } from './exit-codes.ts';
import { addGlobalOptions, type Globals, readGlobals } from './globals.ts';
import type { Handler, Host } from './host.ts';
import type { Out } from './writer.ts';
import { rootHelp } from './root-help.ts';

export type ParsedLine =
  | { readonly kind: 'ended'; readonly code: number }
  | { readonly kind: 'command'; readonly handler: Handler; readonly globals: Globals };

export interface Program {
  /** The first word that is neither an option nor an option's value; null when there is none. */
  commandWord(words: readonly string[]): string | null;
  /** Failure `usage-…` for words that cannot be understood. */
  parse(words: readonly string[], define: ((host: Host) => CommandUnknownOpts) | null): Promise<ParsedLine>;
}

export function buildProgram(options: { readonly version: string; readonly out: Out }): Program {
  return {
    commandWord: (words) => {
      const probe = quiet(addGlobalOptions(new Command('copse')).helpOption(false));
      return refused(() => probe.parseOptions([...words])).operands[0] ?? null;
    },
    parse: (words, define) => parseLine(words, define, options),
  };
}

async function parseLine(
  words: readonly string[],
  define: ((host: Host) => CommandUnknownOpts) | null,
  { version, out }: { readonly version: string; readonly out: Out },
): Promise<ParsedLine> {
  const program = quiet(addGlobalOptions(new Command('copse')), out);
  program.version(version, '-V, --version').usage('[options] <command>');
  program.configureHelp({ showGlobalOptions: false });
  let handler: Handler | null = null;
  const host: Host = {
    invoke: (next) => {
      handler = next;
    },
  };
  if (define === null) {
    program.action(() => host.invoke(welcome));
    program.helpInformation = rootHelp;
  } else {
    const command = define(host);
    forEachCommand(command, (one) => quiet(one, out));
    program.addCommand(command);
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return { kind: 'ended', code: EXIT.done };
    throw asUsage(error, words);
  }
  if (handler === null) return { kind: 'ended', code: EXIT.usage };
  return { kind: 'command', handler, globals: readGlobals(program.opts()) };
}

/** `copse` alone. */
const welcome: Handler = async (context) => {
  const { showStatus } = await import('./status/show-status.ts');
  return showStatus(context, { task: null, ready: false, welcome: true });
};

function quiet<T extends CommandUnknownOpts>(command: T, out?: Out): T {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => out?.raw(text),
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(100, Math.max(40, out?.columns ?? 80)),
    getOutHasColors: () => false,
  });
  command.allowExcessArguments(false);
  return command;
}

function forEachCommand(command: CommandUnknownOpts, visit: (command: CommandUnknownOpts) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

function refused<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUsage(error, []);
  }
}

function asUsage(error: unknown, words: readonly string[]): unknown {
  if (error instanceof TypeError) return new Failure('usage-value', error.message, { cause: error });
  if (!(error instanceof CommanderError)) return error;
  const command = words.find((word) => !word.startsWith('-'));
  const message = error.message.replace(/^error: /, '').split('\n');
  const [first = '', ...rest] = message;
  const suggestion = rest.join(' ').trim();
  return new Failure('usage-wrong', suggestion === '' ? first : `${first} ${suggestion}`, {
    hint: command === undefined ? 'copse --help' : `copse help ${command}`,
  });
}
