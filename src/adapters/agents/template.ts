/**
 * Turns the `run:` template of a command agent into a shell script in which every placeholder is a reference to a
 * variable. A variable's value is never parsed as shell text, so nothing a prompt holds can be interpreted, whatever the
 * quoting around the placeholder; the reading of quotes here only decides how the value stays one argument. The places
 * where a shell does evaluate a value a second time (`eval`, `sh -c "…"`, `ssh`, arithmetic) are refused.
 */
import { Failure } from '../../kit/failure.ts';
import { checkCommands, type Word } from './second-reading.ts';

export const PLACEHOLDERS = {
  /** Set by the launch, not exported: an environment would carry the whole prompt into every descendant. */
  prompt: 'copse_prompt',
  prompt_file: 'COPSE_PROMPT_FILE',
  worktree: 'COPSE_WORKTREE',
  task: 'COPSE_TASK',
  wave: 'COPSE_WAVE',
  branch: 'COPSE_BRANCH',
  attempt: 'COPSE_ATTEMPT',
  session: 'COPSE_SESSION',
  mcp_url: 'COPSE_MCP_URL',
  git_dir: 'COPSE_GIT_DIR',
  git_common_dir: 'COPSE_GIT_COMMON_DIR',
  schema: 'COPSE_VERDICT_SCHEMA',
  schema_file: 'COPSE_VERDICT_SCHEMA_FILE',
  answer_file: 'COPSE_VERDICT_FILE',
} as const;

export type Placeholder = keyof typeof PLACEHOLDERS;

export interface CompiledTemplate {
  readonly script: string;
  readonly uses: ReadonlySet<Placeholder>;
}

type Context =
  'plain' | 'single' | 'double' | 'comment' | 'substitution' | 'arithmetic' | 'brace' | 'backquote';

interface Reader {
  readonly text: string;
  at: number;
  out: string;
  readonly stack: Context[];
  readonly uses: Set<Placeholder>;
  hasHereDocument: boolean;
  word: { text: string; hasPlaceholder: boolean };
  readonly commands: Word[][];
}

/** Throws `Failure` `agent-template` for an unknown placeholder, a place a value cannot go, or an open quote. */
export function compileTemplate(text: string): CompiledTemplate {
  const reader: Reader = {
    text,
    at: 0,
    out: '',
    stack: ['plain'],
    uses: new Set(),
    hasHereDocument: false,
    word: { text: '', hasPlaceholder: false },
    commands: [[]],
  };
  while (reader.at < text.length) {
    if (!readPlaceholder(reader)) step(reader);
  }
  if (context(reader) === 'comment') reader.stack.pop();
  if (reader.stack.length > 1) throw refused(text, 'a quote or a bracket is not closed');
  endWord(reader);
  checkCommands(text, reader.commands);
  return { script: reader.out, uses: reader.uses };
}

function readPlaceholder(reader: Reader): boolean {
  if (context(reader) === 'comment' || reader.text[reader.at - 1] === '$') return false;
  const literal = matchAt(reader, /\{(\{[a-z][a-z0-9_]*\})\}/y);
  if (literal !== null) {
    emit(reader, literal[0].length, literal[1] ?? '');
    return true;
  }
  const found = matchAt(reader, /\{([a-z][a-z0-9_]*)\}/y);
  if (found === null) return false;
  const name = found[1] ?? '';
  if (!isPlaceholder(name)) throw unknownPlaceholder(reader.text, name);
  refuseContext(reader, name);
  reader.uses.add(name);
  reader.word.hasPlaceholder = true;
  emit(reader, found[0].length, reference(name, context(reader)));
  return true;
}

function reference(name: Placeholder, within: Context): string {
  const variable = `\${${PLACEHOLDERS[name]}}`;
  if (within === 'double') return variable;
  return within === 'single' ? `'"${variable}"'` : `"${variable}"`;
}

function refuseContext(reader: Reader, name: string): void {
  const inside = (kind: Context): boolean => reader.stack.includes(kind);
  if (inside('arithmetic')) throw refused(reader.text, `{${name}} stands in arithmetic, which evaluates it`);
  if (inside('brace')) throw refused(reader.text, `{${name}} stands inside \${…}`);
  if (inside('backquote')) throw refused(reader.text, `{${name}} stands in backquotes; write $(…)`);
  if (reader.hasHereDocument) {
    throw refused(reader.text, `{${name}} follows a here-document; use prompt_via: stdin`);
  }
}

/** One lexical step of POSIX shell grammar, as far as quoting and words go. */
function step(reader: Reader): void {
  const within = context(reader);
  const char = reader.text[reader.at] ?? '';
  if (within === 'comment') {
    if (char !== '\n') return emit(reader, 1);
    reader.stack.pop();
    reader.word.text = '';
    return step(reader);
  }
  if (within === 'single') {
    if (char === "'") reader.stack.pop();
    return emit(reader, 1);
  }
  if (char === '\\') return emit(reader, 2);
  if (opens(reader, within)) return;
  if (closes(within, char)) {
    reader.stack.pop();
    return emit(reader, 1);
  }
  if (reader.stack.length > 1 || !/[\s;|&()]/.test(char)) return emit(reader, 1);
  endWord(reader);
  if (!/[ \t]/.test(char)) reader.commands.push([]);
  emit(reader, 1);
  reader.word.text = '';
}

function opens(reader: Reader, within: Context): boolean {
  const rest = reader.text.slice(reader.at, reader.at + 3);
  const push = (length: number, ...contexts: Context[]): boolean => {
    emit(reader, length);
    reader.stack.push(...contexts);
    return true;
  };
  if (rest === '$((') return push(3, 'arithmetic', 'arithmetic');
  if (rest.startsWith('$(')) return push(2, 'substitution');
  if (rest.startsWith('${')) {
    refuseDollar(reader);
    return push(2, 'brace');
  }
  if (rest.startsWith('`') && within !== 'backquote') return push(1, 'backquote');
  if (rest.startsWith('(') && within === 'arithmetic') return push(1, 'arithmetic');
  if (rest.startsWith('"') && within !== 'double') return push(1, 'double');
  if (within === 'double') return false;
  if (rest.startsWith("$'")) throw refused(reader.text, "$'…' means different things to different shells");
  if (rest.startsWith("'")) return push(1, 'single');
  if (rest.startsWith('(') && within === 'substitution') return push(1, 'substitution');
  if (rest.startsWith('<<') && rest !== '<<<' && reader.text[reader.at - 1] !== '<')
    reader.hasHereDocument = true;
  if (rest.startsWith('#') && /(^|[\s;|&()])$/.test(reader.text.slice(0, reader.at))) {
    return push(1, 'comment');
  }
  return false;
}

function refuseDollar(reader: Reader): void {
  const name = matchAt(reader, /\$\{([a-z_]+)\}/y)?.[1] ?? '';
  if (isPlaceholder(name))
    throw refused(reader.text, `\${${name}} is an empty shell variable; write {${name}}`);
}

function closes(within: Context, char: string): boolean {
  switch (within) {
    case 'double':
      return char === '"';
    case 'substitution':
    case 'arithmetic':
      return char === ')';
    case 'brace':
      return char === '}';
    case 'backquote':
      return char === '`';
    default:
      return false;
  }
}

function endWord(reader: Reader): void {
  if (reader.word.text !== '') reader.commands.at(-1)?.push(reader.word);
  reader.word = { text: '', hasPlaceholder: false };
}

function emit(reader: Reader, length: number, replacement?: string): void {
  const piece = replacement ?? reader.text.slice(reader.at, reader.at + length);
  reader.out += piece;
  reader.word.text += piece;
  reader.at += length;
}

function context(reader: Reader): Context {
  return reader.stack.at(-1) ?? 'plain';
}

function matchAt(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  return pattern.exec(reader.text);
}

function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(PLACEHOLDERS, name);
}

function refused(text: string, why: string): Failure {
  return new Failure('agent-template', `the agent command cannot be used: ${why}: ${text}`);
}

function unknownPlaceholder(text: string, name: string): Failure {
  const known = Object.keys(PLACEHOLDERS).map((one) => `{${one}}`);
  return new Failure('agent-template', `the agent command has an unknown placeholder {${name}}: ${text}`, {
    hint: `known: ${known.join(' ')}; for a literal brace write {{${name}}}`,
  });
}
