import { depthProblem, guardText, guardTokens, nodesProblem } from './guard.ts';
import { readFully } from './full-reader.ts';
import { readQuickly } from './fast-reader.ts';
import type { YamlNode } from './node.ts';
import type { SourceProblem } from './problem.ts';

/** The tree of a plan's text, and why there is none. With a tree, every problem is a warning. */
export function readSource(text: string): { root: YamlNode | null; problems: readonly SourceProblem[] } {
  const problems = guardText(text);
  if (problems.some((problem) => problem.severity === 'error')) return { root: null, problems };
  const quick = readQuickly(text);
  if (quick.kind === 'read') return { root: quick.root, problems };
  if (quick.kind === 'limit') {
    const problem = quick.limit === 'depth' ? depthProblem(quick.offset) : nodesProblem(quick.offset);
    return { root: null, problems: [...problems, problem] };
  }
  const refused = guardTokens(text);
  if (refused.length > 0) return { root: null, problems: [...problems, ...refused] };
  const full = readFully(text);
  return { root: full.root, problems: [...problems, ...full.problems] };
}
