/** Where the plan file is, and its text. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../../../kit/failure.ts';
import type { Context } from '../host.ts';
import type { Place } from '../place.ts';

export const PLAN_NAMES: readonly string[] = ['copse.yaml', 'copse.yml'];

/** A text longer than this is not read; the parser refuses less. */
const MAX_PLAN_BYTES = 64 * 1024 * 1024;

export interface PlanSource {
  readonly path: string;
  /** As shown: relative to where the command was started. */
  readonly shown: string;
  /** Inside the repository, `/` separators; null when the file lies elsewhere. */
  readonly inRepository: string | null;
  readonly text: string;
}

/** The named file, else `--plan`, else `copse.yaml` from the present folder up to the top of the checkout; null when there is none. */
export function findPlan(context: Context, place: Place, named: string | null): PlanSource | null {
  const given = named ?? context.globals.plan;
  if (given !== null) {
    const path = resolve(context.cwd, given);
    if (!isFile(path)) throw new Failure('plan-missing', `there is no plan file ${given}`);
    return readPlan(context, place, path);
  }
  for (let folder: string = context.cwd; ; folder = dirname(folder)) {
    const found = PLAN_NAMES.map((name) => join(folder, name)).find(isFile);
    if (found !== undefined) return readPlan(context, place, found);
    if (folder === place.root || folder === dirname(folder)) return null;
  }
}

/** Failure `plan-missing` with what to do instead. */
export function requirePlan(context: Context, place: Place, named: string | null): PlanSource {
  const found = findPlan(context, place, named);
  if (found !== null) return found;
  throw new Failure('plan-missing', 'there is no copse.yaml here or in a folder above', {
    hint: 'copse init    # or: copse run "what is to be done"',
  });
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function readPlan(context: Context, place: Place, path: string): PlanSource {
  const size = statSync(path).size;
  if (size > MAX_PLAN_BYTES) throw new Failure('plan-invalid', `${path} has ${size} bytes: that is no plan`);
  const inside = relative(place.root, path).split(sep).join('/');
  return {
    path,
    shown: relative(context.cwd, path) || path,
    inRepository: inside.startsWith('../') || inside === '' ? null : inside,
    text: readFileSync(path, 'utf8'),
  };
}
