/** What the demo agent does without directives: one small, harmless, plausible edit. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commit, git, inside, type World } from './world.ts';

export interface NotePlan {
  /** Candidates, best first; the first that git does not ignore is used. */
  readonly files: readonly string[];
  readonly title: string;
  readonly body: string;
}

/** Chooses the file from a `Scope:` line of the prompt, else `docs/notes/`; the title from its first sentence. */
export function planNote(prose: string, task: string): NotePlan {
  const lines = prose.split('\n').map((line) => line.trim());
  const first = lines.find((line) => line !== '' && !/^scope\b/i.test(line)) ?? task;
  const title =
    first
      .replace(/^[#>*-]+\s*/, '')
      .slice(0, 72)
      .trim() || task;
  const globs = lines.flatMap((line) => {
    const listed = /^(?:[-*]\s*)?scope\s*:\s*(.+)$/i.exec(line)?.[1];
    return listed === undefined ? [] : listed.split(/[\s,]+/);
  });
  const name = `${task.replace(/[^a-z0-9._-]/gi, '-')}.md`;
  const scoped = globs.map(fixedFolder).filter((folder) => folder !== null);
  const folders = [...scoped, 'docs/notes', ''];
  const files = folders.map((folder) => (folder === '' ? `NOTES-${name}` : `${folder}/${name}`));
  return { files: [...new Set(files)], title, body: prose.trim().slice(0, 2_000) };
}

/** The part of a glob before its first wildcard, as a folder; null when it leads nowhere inside. */
function fixedFolder(glob: string): string | null {
  const clean = glob.replace(/^["'`]|["'`]$/g, '').replace(/^\.\//, '');
  if (clean.startsWith('!') || clean.startsWith('/')) return null;
  const parts = clean.split('/');
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  const fixed = wild >= 0 ? parts.slice(0, wild) : /\.[a-z0-9]+$/i.test(clean) ? parts.slice(0, -1) : parts;
  const folder = fixed.filter((part) => part !== '' && part !== '.').join('/');
  return folder === '' || fixed.includes('..') || fixed.includes('.git') ? null : folder;
}

/** Writes the note, or adds a section of this attempt to it, and commits nothing but that file. */
export async function leaveNote(
  world: World,
  plan: NotePlan,
  facts: { attempt: number; wave: number },
): Promise<void> {
  await world.event({ type: 'text', text: `Reading the task: ${plan.title}` });
  const file = await firstUsable(world, plan.files);
  const target = inside(world, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const before = readOr(target, '');
  const section = `## Wave ${facts.wave}, attempt ${facts.attempt}\n\n${plan.body}\n`;
  writeFileSync(
    target,
    before === '' ? `# ${plan.title}\n\n${section}` : `${before.trimEnd()}\n\n${section}`,
  );
  await world.event({ type: 'tool', name: 'write', path: file, ok: true });
  await git(world, 'add', '-f', '--', file);
  await commit(world, `${plan.title}\n\nA note by the demo agent.`, '--only', '--', file);
}

async function firstUsable(world: World, files: readonly string[]): Promise<string> {
  for (const file of files) {
    const isIgnored = await git(world, 'check-ignore', '-q', '--', file).then(
      () => true,
      () => false,
    );
    if (!isIgnored && isWritable(world, file)) return file;
  }
  return files.at(-1) ?? 'NOTES.md';
}

/** A link or a file may stand where a folder is wanted. */
function isWritable(world: World, file: string): boolean {
  try {
    mkdirSync(path.dirname(inside(world, file)), { recursive: true });
    return true;
  } catch {
    return false;
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
