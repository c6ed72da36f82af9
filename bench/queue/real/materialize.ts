/** A workload as a real repository: one branch `change/<id>` per change, and a stub gate that knows the truth of its tree. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Workload, WorkloadChange } from '../workload.ts';

export const TARGET = 'main';

export function branchOf(id: string): string {
  return `change/${id}`;
}

/** Nothing of the machine's own git configuration. */
export function gitEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'bench@example.invalid',
    GIT_COMMITTER_NAME: 'Bench',
    GIT_COMMITTER_EMAIL: 'bench@example.invalid',
  };
}

/**
 * Makes the repository with the branches of `present`; the others' commits wait under `refs/later/`, so that a branch can
 * appear at its time of arrival by one `update-ref`.
 */
export function materialize(
  workload: Workload,
  repository: string,
  env: Record<string, string>,
  present: ReadonlySet<string>,
): void {
  mkdirSync(repository, { recursive: true });
  const git = (args: readonly string[], input?: string): string =>
    execFileSync('git', args, { cwd: repository, env, encoding: 'utf8', input });
  git(['init', '-q', '-b', TARGET]);
  git(['fast-import', '--quiet'], importStream(workload, present));
  git(['reset', '-q', '--hard', TARGET]);
}

function importStream(workload: Workload, present: ReadonlySet<string>): string {
  const areas = [...new Set(workload.changes.flatMap((change) => change.scopes))];
  const base = [
    commit(`refs/heads/${TARGET}`, 1, 'base', null),
    blob('gate.mjs', GATE),
    blob('changes/.keep', ''),
    ...areas.map((area) => blob(fileIn(area, 'index'), 'base\n')),
    ...pairsOf(workload).map((pair) => blob(`shared/${pair}.txt`, 'one\ntwo\nthree\n')),
  ];
  const branches = workload.changes.map((change, index) => {
    const ref = present.has(change.id) ? `refs/heads/${branchOf(change.id)}` : `refs/later/${change.id}`;
    return commit(ref, 10 + index, `change ${change.id}`, ':1') + contentOf(change);
  });
  return [...base, ...branches].join('');
}

function contentOf(change: WorkloadChange): string {
  const { id, brokenAlone, conflictsWith, gateSeconds, scopes, textConflictsWith } = change;
  const truth = JSON.stringify({ id, brokenAlone, conflictsWith, gateSeconds });
  return [
    blob(`changes/${id}.json`, `${truth}\n`),
    ...scopes.map((area) => blob(fileIn(area, id), `${id}\n`)),
    ...(textConflictsWith ?? []).map((other) =>
      blob(`shared/${pairOf(id, other)}.txt`, `one\n${id}\nthree\n`),
    ),
  ].join('');
}

function pairsOf(workload: Workload): readonly string[] {
  const pairs = workload.changes.flatMap(({ id, textConflictsWith }) =>
    (textConflictsWith ?? []).map((other) => pairOf(id, other)),
  );
  return [...new Set(pairs)];
}

function pairOf(a: string, b: string): string {
  return [a, b].toSorted().join('-');
}

function fileIn(area: string, name: string): string {
  return area.replace('/**', `/${name}.txt`);
}

function commit(ref: string, mark: number, message: string, from: string | null): string {
  const head = `commit ${ref}\nmark :${mark}\ncommitter Bench <bench@example.invalid> 1577836800 +0000\n`;
  return `${head}${data(message)}${from === null ? '' : `from ${from}\n`}`;
}

function blob(path: string, content: string): string {
  return `M 100644 inline ${path}\n${data(content)}`;
}

function data(content: string): string {
  return `data ${Buffer.byteLength(content)}\n${content}\n`;
}

/**
 * Green unless the tree holds a broken change or a conflicting pair. Takes the longest gate time of the changes that the
 * target lacks. Writes what it saw to a log outside of the repository, with the tree of the index it ran in.
 */
const GATE = `import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
const t0 = Date.now();
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
const names = readdirSync('changes').filter((name) => name.endsWith('.json'));
const changes = names.map((name) => JSON.parse(readFileSync('changes/' + name, 'utf8')));
const onTarget = new Set(git('ls-tree', '--name-only', process.env.BENCH_TARGET, 'changes/').split('\\n'));
const ids = new Set(changes.map((change) => change.id));
const fresh = changes.filter((change) => !onTarget.has('changes/' + change.id + '.json'));
const pass = changes.every((one) => !one.brokenAlone && !one.conflictsWith.some((other) => ids.has(other)));
const tree = git('write-tree');
const seconds = Number(process.env.BENCH_SCALE) * Math.max(0, ...fresh.map((change) => change.gateSeconds));
appendFileSync(process.env.BENCH_LOG, JSON.stringify({ start: t0, tree, pid: process.pid }) + '\\n');
await new Promise((done) => setTimeout(done, 1000 * seconds));
appendFileSync(process.env.BENCH_LOG, JSON.stringify({ t0, t1: Date.now(), tree, pass, pid: process.pid }) + '\\n');
process.exit(pass ? 0 : 1);
`;
