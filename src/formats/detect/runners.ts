/** Makefile, justfile and Taskfile: commands the project itself has named. */
import { type Contribution, type FolderView, GATE_NAMES } from './model.ts';

type Gate = NonNullable<Contribution['gates']>[number];

const ALIASES: Readonly<Record<string, Gate['name']>> = {
  ...Object.fromEntries(GATE_NAMES.map((name) => [name, name])),
  tests: 'test',
  typecheck: 'types',
  'type-check': 'types',
  'format-check': 'format',
  'fmt-check': 'format',
};

/** Names whose plain form changes files: only the aliases that check count. */
const REWRITING = new Set(['format']);

export function detectRunners(files: FolderView): Contribution | null {
  const gates = [
    ...gatesOf(files, ['justfile', 'Justfile', '.justfile'], 'just', justRecipes),
    ...gatesOf(files, ['Taskfile.yml', 'Taskfile.yaml'], 'task', taskNames),
    ...gatesOf(files, ['GNUmakefile', 'makefile', 'Makefile'], 'make', makeTargets),
  ];
  return gates.length === 0 ? null : { gates };
}

function gatesOf(
  files: FolderView,
  names: readonly string[],
  command: string,
  namesIn: (text: string) => readonly string[],
): Gate[] {
  const file = files.first(...names);
  if (file === null) return [];
  const found = new Set(namesIn(withoutLongLines(files.read(file) ?? '')));
  return Object.entries(ALIASES)
    .filter(([target]) => found.has(target) && !REWRITING.has(target))
    .map(([target, name]) => ({
      name,
      run: `${command} ${target}`,
      evidence: `${file} target ${target}`,
      origin: 'script',
    }));
}

/** No head of a rule is this long, and the patterns below are not linear in a line. */
function withoutLongLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.length <= 300)
    .join('\n');
}

/** Explicit rules; assignments (`A := b`), pattern rules and comments are none. */
export function makeTargets(text: string): string[] {
  return [...text.matchAll(/^([A-Za-z0-9_./ -]+?)[ \t]*::?(?![=:])/gm)].flatMap((match) =>
    (match[1] ?? '').split(/\s+/),
  );
}

/** Recipes that need no argument. */
export function justRecipes(text: string): string[] {
  const heads = text.matchAll(/^@?([A-Za-z_][\w-]*)((?:[ \t]+[^:\n]*)?):(?!=)/gm);
  const isFree = (parameters: string): boolean =>
    parameters
      .trim()
      .split(/\s+/)
      .every((one) => one === '' || one.startsWith('*') || one.includes('='));
  return [...heads].filter((match) => isFree(match[2] ?? '')).map((match) => match[1] ?? '');
}

/** Keys one level below `tasks:`. */
export function taskNames(text: string): string[] {
  const body = /^tasks:[ \t]*\r?\n((?:[ \t]+.*\r?\n?|[ \t]*\r?\n|#.*\r?\n)*)/m.exec(text)?.[1] ?? '';
  const indent = /^([ \t]+)\S/m.exec(body)?.[1];
  if (indent === undefined) return [];
  return body
    .split(/\r?\n/)
    .filter((line) => line.startsWith(indent) && !/^\s/.test(line.slice(indent.length)))
    .flatMap((line) => /^["']?([\w:-]+?)["']?:(?:\s|$)/.exec(line.slice(indent.length))?.[1] ?? []);
}
