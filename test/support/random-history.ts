/**
 * Random small histories with everything that makes merges odd: renamed files and folders, files that become folders,
 * names that differ by case, branches on branches, criss-crossed merges. Written with one `git fast-import`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = (Math.abs(seed) % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

type Files = ReadonlyMap<string, string>;

const FOLDERS = ['', 'a', 'a/b', 'a/b/c', 'd', 'd/e', 'A'];
const NAMES = ['f', 'g', 'h', 'F', 'b', 'e'];

/** Makes `commits` commits, each the tip of a branch `t0`, `t1`, … The first is the root, and `main`. */
export function writeRandomHistory(
  root: string,
  env: Readonly<Record<string, string>>,
  options: {
    readonly seed: number;
    readonly commits: number;
    /** Of the commits: a second each (unless told), or all within one. */
    readonly clock?: 'forward' | 'one second';
  },
): void {
  const random = randomFrom(options.seed);
  const trees: Files[] = [];
  const stream: string[] = [];
  for (let at = 0; at < options.commits; at += 1) {
    const parents = parentsOf(at, random);
    const before = trees[parents[0] ?? -1] ?? new Map<string, string>();
    const files = at === 0 ? firstFiles(random) : changed(before, random, at);
    trees.push(files);
    stream.push(commitText({ at, second: options.clock === 'one second' ? 0 : at }, parents, files));
  }
  stream.push('reset refs/heads/main\nfrom :1\n\n');
  mkdirSync(root, { recursive: true });
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: root, env });
  execFileSync('git', ['fast-import', '--quiet'], { cwd: root, env, input: stream.join('') });
}

function parentsOf(at: number, random: Random): readonly number[] {
  if (at === 0) return [];
  // Mostly near the root, as branches are; sometimes on another branch; sometimes a merge.
  const first = random(3) > 0 ? Math.min(at - 1, random(2)) : random(at);
  const second = random(at);
  return random(5) === 0 && second !== first ? [first, second] : [first];
}

function commitText(
  { at, second }: { readonly at: number; readonly second: number },
  parents: readonly number[],
  files: Files,
): string {
  const [from, ...merged] = parents.map((parent) => `:${parent + 1}`);
  const rows = [...files].map(([path, text]) => `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`);
  return [
    `commit refs/heads/t${at}\nmark :${at + 1}\ncommitter t <t@example.invalid> ${1_000 + second} +0000\n`,
    data(`commit ${at}`),
    from === undefined ? '' : `from ${from}\n`,
    ...merged.map((mark) => `merge ${mark}\n`),
    'deleteall\n',
    ...rows,
    '\n',
  ].join('');
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function firstFiles(random: Random): Files {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const name of NAMES)
      if (random(2) === 0) put(files, join(folder, name), content(`${folder}/${name}`));
  }
  return files;
}

/** Lines of its own, so that git recognises the file after a rename. */
function content(name: string): string {
  return Array.from({ length: 14 }, (_, line) => `${name} line ${line}\n`).join('');
}

function changed(before: Files, random: Random, at: number): Files {
  const files = new Map(before);
  const count = 1 + random(3);
  for (let step = 0; step < count; step += 1) change(files, random, `${at}.${step}`);
  return files;
}

function change(files: Map<string, string>, random: Random, tag: string): void {
  const paths = [...files.keys()];
  const path = paths[random(Math.max(1, paths.length))] ?? '';
  const spot = join(FOLDERS[random(FOLDERS.length)] ?? '', NAMES[random(NAMES.length)] ?? 'f');
  const kind = random(7);
  if (kind <= 1) put(files, path, edited(files.get(path) ?? '', random, tag));
  else if (kind === 2) put(files, join(FOLDERS[random(FOLDERS.length)] ?? '', `new-${tag}`), content(tag));
  else if (kind === 3) files.delete(path);
  else if (kind === 4) move(files, path, spot);
  else if (kind === 5)
    moveFolder(files, FOLDERS[1 + random(FOLDERS.length - 1)] ?? 'a', `moved-${random(3)}`);
  else put(files, spot, content(`other ${tag}`));
}

function edited(text: string, random: Random, tag: string): string {
  const lines = text.split('\n');
  lines[random(lines.length)] = `edited ${tag}`;
  return lines.join('\n');
}

function move(files: Map<string, string>, from: string, to: string): void {
  const text = files.get(from);
  if (text === undefined || from === to) return;
  files.delete(from);
  put(files, to, text);
}

function moveFolder(files: Map<string, string>, from: string, to: string): void {
  for (const path of Array.from(files.keys()))
    if (path.startsWith(`${from}/`)) move(files, path, `${to}${path.slice(from.length)}`);
}

/** A path cannot be a file and a folder at once: whatever stands in the way goes. */
function put(files: Map<string, string>, path: string, text: string): void {
  if (path === '') return;
  for (const other of Array.from(files.keys())) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) files.delete(other);
  }
  files.set(path, text);
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
