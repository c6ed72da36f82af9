/** The directive language of the demo agent: a table, from which the reference page is generated, and its parser. */
import { parseDuration } from '../../../kit/duration.ts';

export interface Directive {
  readonly name: string;
  readonly form: string;
  readonly meaning: string;
  /** How what follows the name is read; null: nothing may follow. */
  readonly operands: readonly ('path' | 'word' | 'rest' | 'content' | 'duration' | 'size' | 'number')[];
  /** Operands from this index on may be left out. */
  readonly optionalFrom: number;
}

export interface Action {
  readonly name: string;
  readonly operands: readonly string[];
  /** Line in the prompt, from 1. */
  readonly line: number;
}

function row(
  name: string,
  form: string,
  meaning: string,
  operands: Directive['operands'] = [],
  optionalFrom = 99,
): Directive {
  return { name, form, meaning, operands, optionalFrom };
}

export const DIRECTIVES: readonly Directive[] = [
  row(
    'write',
    'write PATH TEXT',
    'Writes the file; `<<EOF` in place of the text takes the lines up to `EOF`.',
    ['path', 'content'],
  ),
  row('append', 'append PATH TEXT', 'Adds to the end of the file, which is made if need be.', [
    'path',
    'content',
  ]),
  row(
    'replace',
    'replace PATH s/OLD/NEW/',
    'Replaces by regular expression (flags `g i m s`); no match ends with exit 1.',
    ['path', 'rest'],
  ),
  row('delete', 'delete PATH', 'Deletes the file or folder.', ['path']),
  row('symlink', 'symlink PATH TARGET', 'Makes a symbolic link, wherever it leads.', ['path', 'rest']),
  row('commit', 'commit "MESSAGE"', 'Commits everything that is not ignored; `\\n` breaks lines.', ['rest']),
  row('amend', 'amend', 'Rewrites the last commit with the present content.'),
  row('run', 'run COMMAND', 'Runs a shell command; its output is text, a failure ends with its exit code.', [
    'rest',
  ]),
  row('say', 'say TEXT', 'Prints a text event.', ['rest']),
  row('ask', 'ask TEXT', 'Prints a question event and goes on.', ['rest']),
  row('usage', 'usage INPUT OUTPUT', 'Prints a usage event with these token counts.', ['number', 'number']),
  row('sleep', 'sleep 2s', 'Waits without a sign of life.', ['duration']),
  row('work', 'work 2s', 'Waits, with a text event every 50 ms.', ['duration']),
  row('fail', 'fail [TEXT]', 'Ends with exit 1 and the text on stderr.', ['rest'], 0),
  row('exit', 'exit 3', 'Ends with this code, at once and without a commit.', ['number']),
  row('kill', 'kill SIGKILL', 'Ends by this signal.', ['word']),
  row('dirty', 'dirty [PATH]', 'Leaves changes uncommitted; with a path, makes one.', ['path'], 0),
  row(
    'conflict-markers',
    'conflict-markers [PATH]',
    'Writes a file with conflict markers (`conflicted.txt`).',
    ['path'],
    0,
  ),
  row('stall', 'stall', 'Waits for ever, without output.'),
  row('overrun', 'overrun', 'Ignores SIGINT and SIGTERM and works for ever.'),
  row('flood', 'flood 10MB', 'Prints this much, in lines.', ['size']),
  row('flood-line', 'flood-line 10MB', 'Prints this much without a line break.', ['size']),
  row('garbage', 'garbage 1MB', 'Prints bytes that are not UTF-8, with NULs, escapes and half JSON lines.', [
    'size',
  ]),
  row('daemon', 'daemon 30s', 'Leaves a process in a session of its own that holds stdout open this long.', [
    'duration',
  ]),
  row('checkout', 'checkout BRANCH', 'Switches to the branch, which is made if need be.', ['word']),
  row('detach', 'detach', 'Detaches HEAD.'),
  row(
    'move-ref',
    'move-ref main [REVISION]',
    'Points the branch at the revision (`HEAD`).',
    ['word', 'word'],
    1,
  ),
  row('delete-ref', 'delete-ref BRANCH', 'Deletes the branch.', ['word']),
  row(
    'delete-worktree',
    'delete-worktree',
    'Deletes the worktree it was given (`$COPSE_WORKTREE`), nothing else.',
  ),
  row(
    'plant-hook',
    'plant-hook [NAME]',
    'Plants a git hook (`post-checkout`) that leaves the file `copse-demo-hook-ran` in the git folder.',
    ['word'],
    0,
  ),
  row('plant-config', 'plant-config KEY VALUE', 'Sets a key in the repository’s git configuration.', [
    'word',
    'rest',
  ]),
];

export const PREFIXES: readonly { readonly form: string; readonly meaning: string }[] = [
  { form: 'on-attempt N …', meaning: 'Only on attempt N; `2+` means from the second on.' },
  { form: 'on-wave N …', meaning: 'Only in wave N; `2+` means from the second on.' },
  {
    form: 'when-prompt-contains TEXT …',
    meaning: 'Only if the prompt, its directives left out, holds the text (quoted if it has spaces).',
  },
  { form: 'unless-prompt-contains TEXT …', meaning: 'Only if it does not.' },
];

export interface PromptFacts {
  readonly attempt: number;
  readonly wave: number;
}

export interface Parsed {
  readonly actions: readonly Action[];
  /** `line 3: …`; an agent given a directive it does not know must not guess. */
  readonly problems: readonly string[];
  /** True when the prompt has any directive, also one that does not apply now. */
  readonly isDirected: boolean;
  /** The prompt without directives and their content. */
  readonly prose: string;
}

interface RawDirective {
  readonly text: string;
  readonly content: string | null;
  readonly line: number;
}

/** Reads the lines `demo: …` of a prompt; a list dash or indentation may stand before. */
export function parseDirectives(prompt: string, facts: PromptFacts): Parsed {
  const { raw, prose, problems } = split(prompt);
  const actions: Action[] = [];
  for (const one of raw) {
    const applicable = applies(one.text, facts, prose);
    const action = typeof applicable === 'string' ? parseAction(applicable, one) : applicable;
    if (action === null) continue;
    if (action instanceof Error) problems.push(`line ${one.line}: ${action.message}`);
    else actions.push(action);
  }
  return { actions, problems, isDirected: raw.length > 0, prose };
}

function split(prompt: string): { raw: RawDirective[]; prose: string; problems: string[] } {
  const lines = prompt.split(/\r?\n/);
  const raw: RawDirective[] = [];
  const prose: string[] = [];
  const problems: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const found = /^(\s*(?:[-*]\s+)?)demo:\s*(.*?)\s*$/.exec(line);
    if (found === null) {
      prose.push(line);
      continue;
    }
    const text = found[2] ?? '';
    const here = /\s<<\s*(['"]?)([A-Za-z_]+)\1$/.exec(text);
    if (here === null) {
      raw.push({ text, content: null, line: index + 1 });
      continue;
    }
    const end = lines.findIndex((one, at) => at > index && one.trim() === here[2]);
    if (end < 0) {
      problems.push(`line ${index + 1}: no line ${here[2]} ends the content`);
      break;
    }
    const body = lines.slice(index + 1, end);
    raw.push({ text: text.slice(0, here.index), content: outdent(body, found[1] ?? ''), line: index + 1 });
    index = end;
  }
  return { raw, prose: prose.join('\n'), problems };
}

/** A prompt in a YAML list may be indented as a whole: the directive's own indentation is taken off its content. */
function outdent(lines: readonly string[], indentation: string): string {
  const blank = indentation.replace(/[-*]/, ' ');
  const isIndented = lines.every((line) => line === '' || line.startsWith(blank));
  return lines.map((line) => `${isIndented ? line.slice(blank.length) : line}\n`).join('');
}

/** The directive without its prefixes; null when one of them does not hold. */
function applies(text: string, facts: PromptFacts, prose: string): string | Error | null {
  const counted = /^on-(attempt|wave)\s+(\d+)(\+?)\s+([\s\S]+)$/.exec(text);
  if (counted !== null) {
    const actual = counted[1] === 'attempt' ? facts.attempt : facts.wave;
    const wanted = Number(counted[2]);
    const holds = counted[3] === '+' ? actual >= wanted : actual === wanted;
    return holds ? applies(counted[4] ?? '', facts, prose) : null;
  }
  const conditional = /^(when|unless)-prompt-contains\s+(?:"([^"]*)"|'([^']*)'|(\S+))\s+([\s\S]+)$/.exec(
    text,
  );
  if (conditional !== null) {
    const holds = prose.includes(conditional[2] ?? conditional[3] ?? conditional[4] ?? '');
    return holds === (conditional[1] === 'when') ? applies(conditional[5] ?? '', facts, prose) : null;
  }
  if (/^(on-attempt|on-wave|when-prompt-contains|unless-prompt-contains)\b/.test(text)) {
    return new Error(`cannot read: ${text}`);
  }
  return text;
}

function parseAction(text: string, raw: RawDirective): Action | Error {
  const name = /^\S*/.exec(text)?.[0] ?? '';
  const directive = DIRECTIVES.find((one) => one.name === name);
  if (directive === undefined) return new Error(`unknown directive ${name === '' ? '(none)' : name}`);
  const operands: string[] = [];
  let rest = text.slice(name.length).trim();
  for (const [index, kind] of directive.operands.entries()) {
    const [operand, after] =
      kind === 'content' ? [raw.content ?? `${unquote(rest)}\n`, ''] : take(kind, rest);
    if (operand === '' && index >= directive.optionalFrom) break;
    const value = convert(kind, operand);
    if (value === null) return new Error(`expected: ${directive.form}`);
    operands.push(value);
    rest = after;
  }
  if (rest !== '') return new Error(`expected: ${directive.form}`);
  return { name, operands, line: raw.line };
}

function take(kind: string, rest: string): [string, string] {
  if (kind === 'rest') return [unquote(rest), ''];
  const found = /^(?:"([^"]*)"|(\S+))\s*([\s\S]*)$/.exec(rest);
  return found === null ? ['', rest] : [found[1] ?? found[2] ?? '', found[3] ?? ''];
}

function unquote(text: string): string {
  const found = /^"([\s\S]*)"$/.exec(text);
  return (found?.[1] ?? text).replaceAll('\\n', '\n');
}

/** Durations become milliseconds and sizes bytes, as decimal text; null when it is not of its kind. */
function convert(kind: Directive['operands'][number], text: string): string | null {
  if (kind === 'content') return text;
  if (text === '') return null;
  if (kind === 'number') return /^\d{1,12}$/.test(text) ? text : null;
  if (kind === 'duration') {
    const ms = parseDuration(text);
    return ms === null ? null : String(ms);
  }
  if (kind !== 'size') return text;
  const size = /^(\d+)(B|KB|MB|GB)$/.exec(text);
  const factor = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 }[size?.[2] ?? ''] ?? 0;
  return size === null ? null : String(Number(size[1]) * factor);
}
