/**
 * Paths of the repository that a text names. Only what the repository has, or could take beside what it has, counts: prose
 * is full of words with dots and slashes.
 */

export interface NamedPath {
  readonly path: string;
  /** file: exists · folder: stands for what is below · new: its folder exists, it does not. */
  readonly kind: 'file' | 'folder' | 'new';
}

/** A text longer than this is read up to here. */
const MAX_TEXT = 200_000;
/** More names than this say nothing about one task. */
const MAX_NAMED = 100;
/** A bare file name stands for a path when at most this many files have it. */
const MAX_NAMESAKES = 2;

/** The files of a repository, read once for many texts. */
export interface FileList {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  readonly byName: ReadonlyMap<string, readonly string[]>;
}

export function readFileList(paths: readonly string[]): FileList {
  const folders = new Set<string>();
  const byName = new Map<string, string[]>();
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
    const name = path.slice(path.lastIndexOf('/') + 1);
    const namesakes = byName.get(name);
    if (namesakes === undefined) byName.set(name, [path]);
    else namesakes.push(path);
  }
  return { files: new Set(paths), folders, byName };
}

/** Each path once, in order of first mention. */
export function pathsInText(text: string, list: FileList): readonly NamedPath[] {
  const found = new Map<string, NamedPath>();
  for (const word of wordsOf(text.slice(0, MAX_TEXT))) {
    for (const named of pathsOfWord(word, list)) if (!found.has(named.path)) found.set(named.path, named);
    if (found.size >= MAX_NAMED) break;
  }
  return [...found.values()];
}

function* wordsOf(text: string): Iterable<string> {
  // Brackets, quotes and back ticks end a word; a path with blanks in it is not found.
  for (const [word] of text.matchAll(/[^\s`'"()[\]{}<>|,;]{2,300}/g)) yield word;
}

function pathsOfWord(word: string, list: FileList): readonly NamedPath[] {
  const path = trimmed(word);
  if (path === '' || path.startsWith('/') || path.split('/').some((part) => part === '..' || part === ''))
    return [];
  if (list.files.has(path)) return [{ path, kind: 'file' }];
  const isFolderLike = path.includes('/') || word.includes('/');
  if (isFolderLike && list.folders.has(path)) return [{ path, kind: 'folder' }];
  if (!path.includes('/')) {
    const namesakes = /\.\w+$/.test(path) ? (list.byName.get(path) ?? []) : [];
    return namesakes.length > MAX_NAMESAKES ? [] : namesakes.map((one) => ({ path: one, kind: 'file' }));
  }
  const folder = path.slice(0, path.lastIndexOf('/'));
  const isNew = /\.[A-Za-z]\w{0,9}$/.test(path) && list.folders.has(folder);
  return isNew ? [{ path, kind: 'new' }] : [];
}

/** Without `./` in front, and without `:12:3`, `#L12`, `/**`, a slash or a full stop behind. */
function trimmed(word: string): string {
  return word
    .replace(/^(?:\.\/)+/, '')
    .replace(/[.!?:]+$/, '')
    .replace(/(?::\d+){1,2}$|#L\d+(?:-L?\d+)?$/, '')
    .replace(/\/\*{1,2}$/, '')
    .replace(/\/$/, '');
}
