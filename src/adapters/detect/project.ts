/** Gives detection its files: names of a checkout and the text of small manifests. Reads no link, no `.env`, no key. */
import { accessSync, constants, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type FoundAgent, detectAgents } from '../../formats/detect/agents.ts';
import { detectProject } from '../../formats/detect/detect.ts';
import type { ProjectFiles, ProjectFindings } from '../../formats/detect/model.ts';

const MAX_MANIFEST_BYTES = 512 * 1024;
const MAX_UNTRACKED = 2_000;
const PRIVATE = /(^|\/)(\.env[^/]*|\.npmrc|\.netrc|\.git-credentials|[^/]*\.(pem|key)|id_[a-z0-9]+)$/;

/** Findings about the checkout at `root`; `tracked` are git's file names. Never throws for what it finds there. */
export function inspectProject(root: string, tracked: readonly string[]): ProjectFindings {
  return detectProject(filesOf(root, tracked));
}

/** The agents whose executables are on `searchPath` (the value of PATH); nothing is started. */
export function inspectAgents(searchPath: string): readonly FoundAgent[] {
  return detectAgents((executable) => locate(executable, searchPath));
}

function filesOf(root: string, tracked: readonly string[]): ProjectFiles {
  const known = new Set(tracked);
  return {
    tracked,
    untracked: untrackedIn(root, known),
    read: (file) => (known.has(file) && !PRIVATE.test(file) ? readManifest(root, file) : null),
  };
}

/** A tracked file may be a link, or lie behind one, to anywhere: only plain files under plain folders are read. */
function readManifest(root: string, file: string): string | null {
  const parts = file.split('/');
  if (parts.includes('..')) return null;
  try {
    for (let depth = 1; depth < parts.length; depth++) {
      if (!lstatSync(path.join(root, ...parts.slice(0, depth))).isDirectory()) return null;
    }
    const full = path.join(root, ...parts);
    const stat = lstatSync(full);
    if (!stat.isFile() || stat.size > MAX_MANIFEST_BYTES) return null;
    const text = readFileSync(full, 'utf8');
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/** Names at the root and one level below that git does not track, installed packages not entered. */
function untrackedIn(root: string, tracked: ReadonlySet<string>): string[] {
  const folders = new Set(
    [...tracked].flatMap((file) => (file.includes('/') ? [file.split('/')[0] ?? ''] : [])),
  );
  const found: string[] = [];
  for (const folder of ['', ...folders]) {
    for (const entry of entriesOf(path.join(root, folder))) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.git' || tracked.has(name) || found.length >= MAX_UNTRACKED) continue;
      if (entry.isDirectory() && !folders.has(name)) found.push(`${name}/`);
      else if (entry.isFile()) found.push(name);
    }
  }
  return found.toSorted();
}

function entriesOf(folder: string): ReturnType<typeof readFolder> {
  try {
    return lstatSync(folder).isDirectory() ? readFolder(folder) : [];
  } catch {
    return [];
  }
}

function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

function locate(executable: string, searchPath: string): string | null {
  for (const folder of searchPath.split(path.delimiter)) {
    // An empty or relative entry means the current folder, where a repository could plant a program.
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, executable);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue;
    }
  }
  return null;
}
