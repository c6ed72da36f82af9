/** What is known about the files one piece of work changes or will change, from every source, as chances. */
import type { CoChange } from './co-change.ts';
import { companionsOf } from './co-change.ts';
import { matchesAny } from './glob.ts';
import type { ReadScope } from './scope.ts';
import { allowsPath } from './scope.ts';
import type { FileList, NamedPath } from './paths-in-text.ts';

/**
 * declared: the plan's scope · text: named in the task's words · history: changes together with a file that is touched ·
 * paths: changed by commits of the branch · live: changed in a worktree and not committed · trial: git's own merge.
 */
export type Origin = 'declared' | 'text' | 'history' | 'paths' | 'live' | 'trial';

export interface Touch {
  readonly chance: number;
  readonly origin: Origin;
  /** Why, as part of a sentence. */
  readonly note: string;
}

/** Per path the strongest evidence. */
export type Touches = ReadonlyMap<string, Touch>;

export interface TouchSources {
  readonly scope: ReadScope | null;
  readonly named: readonly NamedPath[];
  readonly committed: readonly string[];
  readonly uncommitted: readonly string[];
  /** More work is to come: history and text speak for what is not there yet. */
  readonly isGoingOn: boolean;
}

/** Files a task changes within its scope or a folder it names, when nothing closer is known. */
const TYPICAL_FILES = 3;
/** A named file is changed, not only read; a judgement, like the next. */
const NAMED_CHANCE = 0.7;
const NEW_FILE_CHANCE = 0.6;
/** A scope of more files than this says next to nothing about one of them; its overlap is judged as a whole. */
const MAX_SCOPE_FILES = 500;

export function touchesOf(sources: TouchSources, list: FileList, history: CoChange | null): Touches {
  const touches = new Map<string, Touch>();
  const note = (path: string, touch: Touch): void => {
    const known = touches.get(path);
    if (known === undefined || known.chance < touch.chance) touches.set(path, touch);
  };
  if (sources.isGoingOn) {
    const files = scopeFiles(sources.scope, list);
    const chance = Math.min(1, TYPICAL_FILES / Math.max(1, files.length));
    for (const path of files) note(path, { chance, origin: 'declared', note: 'in the declared scope' });
    for (const named of sources.named) noteNamed(named, list, note);
  }
  for (const path of sources.committed)
    note(path, { chance: 1, origin: 'paths', note: 'changed on the branch' });
  for (const path of sources.uncommitted) {
    note(path, { chance: 1, origin: 'live', note: 'changed in the worktree, not committed' });
  }
  if (sources.isGoingOn && history !== null) addCompanions(touches, history, note);
  return touches;
}

/** Without what never counts as overlap. */
export function withoutPaths(touches: Touches, ignore: readonly string[]): Touches {
  if (ignore.length === 0) return touches;
  return new Map([...touches].filter(([path]) => !matchesAny(ignore, path)));
}

/** The strongest reasons to expect a file: what spreads through history. */
export function seedsOf(sources: TouchSources): readonly string[] {
  const files = sources.named.flatMap((named) => (named.kind === 'file' ? [named.path] : []));
  return [...files, ...sources.committed, ...sources.uncommitted];
}

type Note = (path: string, touch: Touch) => void;

function noteNamed(named: NamedPath, list: FileList, note: Note): void {
  const { path, kind } = named;
  if (kind === 'file') return note(path, { chance: NAMED_CHANCE, origin: 'text', note: 'named in the text' });
  if (kind === 'new')
    return note(path, { chance: NEW_FILE_CHANCE, origin: 'text', note: 'named in the text as new' });
  const below = [...list.files].filter((file) => file.startsWith(`${path}/`));
  if (below.length > MAX_SCOPE_FILES) return;
  const chance = NAMED_CHANCE * Math.min(1, TYPICAL_FILES / below.length);
  for (const file of below) note(file, { chance, origin: 'text', note: `${path}/ is named in the text` });
}

/** Tracked files of a scope; none when there are too many to say anything about one of them. */
function scopeFiles(scope: ReadScope | null, list: FileList): readonly string[] {
  if (scope === null || scope.include.length === 0) return [];
  const prefixes = scope.include.map(({ pattern }) => literalPrefix(pattern));
  const found: string[] = [];
  for (const file of list.files) {
    if (!prefixes.some((prefix) => file.startsWith(prefix)) || !allowsPath(scope, file)) continue;
    found.push(file);
    if (found.length > MAX_SCOPE_FILES) return [];
  }
  return found;
}

/** What every path of a pattern starts with: most files of a large repository need no closer look. */
function literalPrefix(pattern: string): string {
  return (
    /^(?:\.\/)*([^*?[{]*)/
      .exec(pattern)?.[1]
      ?.replace(/\/{2,}[^]*$/, '')
      .replace(/\/$/, '') ?? ''
  );
}

function addCompanions(touches: Map<string, Touch>, history: CoChange, note: Note): void {
  const seeds = [...touches].filter(
    ([, touch]) => touch.chance >= NEW_FILE_CHANCE && touch.origin !== 'declared',
  );
  for (const [path, touch] of seeds) {
    for (const companion of companionsOf(path, history)) {
      note(companion.path, {
        chance: touch.chance * companion.chance,
        origin: 'history',
        note: `${companion.together} of ${companion.of} past changes of ${path} changed it too`,
      });
    }
  }
}
