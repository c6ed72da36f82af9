/** The demo agent as a reviewer: a FIXME that the change leaves in the tree is a finding, and nothing else is. */
import { execFileSync } from 'node:child_process';
import type { Outcome, World } from './world.ts';

interface Left {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const TITLE = 'a FIXME is left: ';
const CLEAN_SCORE = 10;
const SCORE_WITH_FINDINGS = 6;

export async function giveVerdict(world: World, prompt: string): Promise<Outcome> {
  const { env } = world;
  const head = env['COPSE_REVIEW_HEAD'] ?? 'HEAD';
  const base = env['COPSE_REVIEW_BASE'] ?? head;
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: world.root, encoding: 'utf8', maxBuffer: 64_000_000 });
  const added = addedLines(git('diff', '--no-color', '--no-ext-diff', '-U0', base, head));
  const left = added.filter(({ text }) => text.includes('FIXME'));
  const asked = [...prompt.matchAll(/^- (F\d+) (?:blocker|major|minor|nit), (?:[^:]+(?::\d+)?: )?(.*)$/gm)];
  const earlier = asked.map(([, id = '', title = '']) => {
    const text = title.startsWith(TITLE) ? title.slice(TITLE.length) : null;
    const isThere = text !== null && isInTree(git, head, text);
    return { id, status: isThere ? 'open' : 'resolved' };
  });
  const findings = left.map(({ file, line, text }) => ({
    severity: 'major',
    file,
    line,
    title: `${TITLE}${text.trim()}`,
    detail: 'Do what it says and remove it.',
  }));
  const isClean = findings.length === 0 && earlier.every(({ status }) => status === 'resolved');
  const verdict = {
    commit: head,
    score: isClean ? CLEAN_SCORE : SCORE_WITH_FINDINGS,
    summary: isClean ? 'Nothing is left to change.' : 'Something is left to do.',
    findings,
    earlier,
  };
  await world.raw(Buffer.from(`\`\`\`json\n${JSON.stringify(verdict)}\n\`\`\`\n`));
  return { kind: 'exit', code: 0 };
}

function addedLines(diff: string): readonly Left[] {
  const found: Left[] = [];
  let file = '';
  let line = 0;
  for (const row of diff.split('\n')) {
    const hunk = /^@@ -\S+ \+(\d+)/.exec(row);
    if (row.startsWith('+++ ')) file = row.slice(4).replace(/^b\//, '');
    else if (hunk !== null) line = Number(hunk[1]);
    else if (row.startsWith('+')) {
      found.push({ file, line, text: row.slice(1) });
      line += 1;
    }
  }
  return found;
}

function isInTree(git: (...args: string[]) => string, head: string, text: string): boolean {
  try {
    return git('grep', '-F', '-l', '-e', text, head) !== '';
  } catch {
    return false;
  }
}
