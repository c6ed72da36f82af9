/** Options that every command takes, and what the environment says about output. */
import type { Command } from '@commander-js/extra-typings';

export interface Globals {
  /** `-C`: as if started there. */
  readonly dir: string | null;
  /** `--plan`: the plan file. */
  readonly plan: string | null;
  readonly json: boolean;
  /** -1 with `-q`, else how often `-v` was given, at most 2. */
  readonly verbosity: number;
  /** False with `--no-input`: nothing is ever asked. */
  readonly input: boolean;
  /** `--yes`: every question is answered with yes. */
  readonly yes: boolean;
  readonly color: 'auto' | 'always' | 'never';
  /** False with `--no-progress`: no line is drawn twice. */
  readonly progress: boolean;
}

export const DEFAULT_GLOBALS: Globals = {
  dir: null,
  plan: null,
  json: false,
  verbosity: 0,
  input: true,
  yes: false,
  color: 'auto',
  progress: true,
};

/** Adds the global options to the program; they are understood before and after the command's name. */
export function addGlobalOptions<T extends Command>(program: T): T {
  program
    .option('-C <dir>', 'run as if started in this folder')
    .option('--plan <file>', 'plan file (default: copse.yaml, found upwards)')
    .option('--json', 'print JSON: one object, or one event a line')
    .option('-q, --quiet', 'print the answer and errors only')
    .option('-v, --verbose', 'say more (-vv: everything)', (_: string, before: number) => before + 1, 0)
    .option('-y, --yes', 'answer every question with yes')
    .option('--no-input', 'never ask; what would be a question ends with exit code 6')
    .option('--color <when>', 'auto, always or never', parseColor)
    .option('--no-color', 'same as --color never')
    .option('--no-progress', 'no line that is drawn twice');
  return program;
}

/** The values commander found, typed. */
export function readGlobals(values: Readonly<Record<string, unknown>>): Globals {
  const { color } = values;
  const verbose = typeof values['verbose'] === 'number' ? Math.min(2, values['verbose']) : 0;
  return {
    dir: textOf(values['C']),
    plan: textOf(values['plan']),
    json: values['json'] === true,
    verbosity: values['quiet'] === true ? -1 : verbose,
    input: values['input'] !== false,
    yes: values['yes'] === true,
    color: color === false ? 'never' : color === 'always' || color === 'never' ? color : 'auto',
    progress: values['progress'] !== false,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function parseColor(value: string): string {
  if (value === 'auto' || value === 'always' || value === 'never') return value;
  throw new TypeError(`--color is auto, always or never, not ${JSON.stringify(value)}`);
}
