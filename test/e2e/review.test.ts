/** Reviews through the real binary, with authors and reviewers that follow a script. */
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { CostView } from '../../src/views/cost-view.ts';
import type { ReviewDetail } from '../../src/views/review-view.ts';
import type { StatusView } from '../../src/views/status-view.ts';
import { requireBuild, Rig } from '../rig/copse.ts';

const AGENT = fileURLToPath(new URL('../rig/review-agent.mjs', import.meta.url));

interface Turn {
  readonly write?: Readonly<Record<string, string>>;
  readonly commit?: boolean;
  readonly verdict?: Readonly<Record<string, unknown>>;
  readonly print?: string;
  readonly usd?: number;
  readonly code?: number;
  readonly await?: string;
}

interface Call {
  readonly name: string;
  readonly task: string;
  readonly session: string | null;
  readonly prompt: string;
  readonly cwd: string;
  readonly role: string | null;
}

/** Resolves when the folder holds a file of that name. */
function appears(folder: string, name: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    look();
  });
}

beforeAll(() => requireBuild());
const rigs: Rig[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.dispose();
});

const finding = (
  title: string,
  severity = 'major',
  file: string | null = 'src/a.txt',
  line: number | null = 1,
) => ({
  severity,
  file,
  line,
  title,
  detail: `put right: ${title}`,
});
const resolved = (...ids: readonly string[]) => ids.map((id) => ({ id, status: 'resolved' }));

function setUp(
  scripts: { readonly author: readonly Turn[]; readonly reviewer: readonly Turn[] },
  options: { readonly review?: string; readonly stream?: boolean; readonly more?: string } = {},
) {
  const { review = '{min_score: 10}', stream = true, more = '' } = options;
  const rig = new Rig('review', {
    'README.md': 'hello\n',
    'test.sh': '! grep -rq BROKEN src\n',
    'src/keep.txt': 'k\n',
  });
  rigs.push(rig);
  const folder = join(rig.root, 'script');
  mkdirSync(folder);
  for (const [name, turns] of Object.entries(scripts))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(turns));
  const agent = (name: string): string => {
    const run = `'${process.execPath}' '${AGENT}' '${folder}' ${name}`;
    return stream
      ? `{run: "${run}", prompt_via: stdin, env: {STREAM: copse}, output: copse, resume: "${run} --session {session}"}`
      : `{run: "${run}", prompt_via: stdin}`;
  };
  writeFileSync(
    join(rig.repository, 'copse.yaml'),
    [
      'gates: {test: sh test.sh}',
      'merge: {into: copse/integration}',
      `agents: {author: ${agent('author')}, reviewer: ${agent('reviewer')}}`,
      'roles: {implement: author, review: reviewer}',
      `review: ${review}`,
      more,
      'tasks: {a: {prompt: Write a, accept: [a says hello]}}',
      '',
    ].join('\n'),
  );
  const calls = (name: string): readonly Call[] =>
    readFileSync(join(folder, 'calls.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Call)
      .filter((call) => call.name === name);
  const detail = () => rig.data(['review', 'a']) as unknown as ReviewDetail;
  const status = () => rig.data(['status']) as unknown as StatusView;
  const cost = () => rig.data(['cost']) as unknown as CostView;
  return { rig, folder, calls, detail, status, cost };
}

test('a red gate, then 6/10 with two findings, then 10/10: all fixed in one conversation, and it lands', () => {
  const { rig, calls, detail, status, cost } = setUp({
    author: [
      { write: { 'src/a.txt': 'BROKEN\n' }, usd: 0.1 },
      { write: { 'src/a.txt': 'helo\n' }, usd: 0.2 },
      { write: { 'src/a.txt': 'hello\n' }, usd: 0.4 },
    ],
    reviewer: [
      {
        verdict: {
          score: 6,
          summary: 'nearly',
          findings: [finding('a typo'), finding('no test', 'minor', null, null)],
        },
        usd: 1,
      },
      { verdict: { score: 10, summary: 'good', earlier: resolved('F1', 'F2') }, usd: 2 },
    ],
  });
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(ran.stderr + ran.stdout).toMatch(/review round 1 \(at most 5\): 6\/10; 2 findings \(F1, F2\)/);

  const [first, second, third] = calls('author');
  expect(first?.session).toBeNull();
  expect([second?.session, third?.session]).toEqual(['author-a-1', 'author-a-1']);
  expect(third?.prompt).toContain('### F1 major: src/a.txt:1: a typo\nput right: a typo');
  expect(third?.prompt).toContain('### F2 minor: no test');
  const [round1, round2] = calls('reviewer');
  expect(round1?.prompt).toContain('Write a');
  expect(round1?.prompt).toContain('- a says hello');
  expect(round1?.prompt).toContain('+helo');
  expect(round1?.prompt).toContain('- test: passed');
  expect(round2?.session).toBe('reviewer-a-1');
  expect(round2?.cwd).toBe(round1?.cwd);
  expect(round2?.prompt).toContain('-helo\n+hello');
  expect(round2?.prompt).toContain('- F1 major, src/a.txt:1: a typo');
  expect(round2?.prompt).not.toContain('What was asked for');

  const review = detail();
  expect(review.rounds.map(({ round, score, accepted }) => [round, score, accepted])).toEqual([
    [1, 6, false],
    [2, 10, true],
  ]);
  expect(review.findings.map(({ id, state, resolved_in }) => [id, state, resolved_in])).toEqual([
    ['F1', 'resolved', 2],
    ['F2', 'resolved', 2],
  ]);
  expect(status().tasks[0]).toMatchObject({
    status: 'landed',
    review: { score: 10, accepted: true, open_findings: 0 },
  });
  expect(status().tasks[0]?.usage?.usd).toBeCloseTo(3.7);
  const phases = Object.fromEntries(cost().by_phase.map(({ phase, usd, turns }) => [phase, [usd, turns]]));
  expect(phases).toEqual({ implement: [0.1, 1], fix: [0.6, 2], review: [3, 2] });
  expect(cost().total).toMatchObject({ usd: 3.7, turns: 5, attempts: 3 });
  expect(rig.git('show', 'copse/integration:src/a.txt')).toBe('hello');
});

const work = (text: string): Turn => ({ write: { 'src/a.txt': text } });
/** An author that changes something every time. */
const BUSY: readonly Turn[] = [work('version {count}\n')];

test('a reviewer that invents findings for ever stops after the bound, with every score and the cost told', () => {
  const every = (ids: readonly string[], title: string): Turn => ({
    verdict: { score: 6, findings: [finding(title)], earlier: resolved(...ids) },
    usd: 0.5,
  });
  const { rig, calls, detail, status, cost } = setUp({
    author: BUSY,
    reviewer: [1, 2, 3, 4, 5, 6, 7].map((round) =>
      every(round === 1 ? [] : [`F${round - 1}`], `invented ${round}`),
    ),
  });
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(6);
  expect(calls('reviewer')).toHaveLength(5);
  expect(calls('author')).toHaveLength(5);
  const task = status().tasks[0];
  expect(task).toMatchObject({
    status: 'needs_you',
    review: { round: 5, rounds: 5, score: 6, open_findings: 1 },
  });
  expect(task?.reason).toContain('no agreement after 5 rounds');
  expect(task?.reason).toContain('scores 6/10, 6/10, 6/10, 6/10, 6/10; open: F5 (major)');
  expect(ran.stderr + ran.stdout).toContain('copse review a');
  expect(detail().usage.usd).toBe(2.5);
  expect(cost().by_phase.find(({ phase }) => phase === 'review')).toMatchObject({ usd: 2.5, turns: 5 });
  expect(() => rig.git('rev-parse', '--verify', 'copse/integration:src/a.txt')).toThrow();

  // The person takes it as it is: gates and queue decide as ever.
  const accepted = rig.copse(['review', 'a', '--accept']);
  expect(accepted.code, accepted.stdout + accepted.stderr).toBe(0);
  expect(rig.git('show', 'copse/integration:src/a.txt')).toBe('version 5');
  expect(detail().findings.at(-1)).toMatchObject({ id: 'F5', state: 'resolved' });
});

test('small new findings are not taken after the first round, and a review of nothing but them ends', () => {
  const { rig, detail, status } = setUp({
    author: BUSY,
    reviewer: [
      { verdict: { score: 7, findings: [finding('real')] } },
      {
        verdict: {
          score: 9,
          findings: [finding('taste', 'nit'), finding('small', 'minor')],
          earlier: resolved('F1'),
        },
      },
    ],
  });
  expect(rig.copse(['run', '--yes']).code).toBe(6);
  expect(detail().rounds.map(({ dropped }) => dropped)).toEqual([0, 2]);
  expect(detail().findings).toHaveLength(1);
  expect(status().tasks[0]?.reason).toContain('9/10 is below 10, and nothing is left to fix');
});

test('a fault that a fix brings in is caught in the third round', () => {
  const { rig, calls, detail } = setUp(
    {
      author: BUSY,
      reviewer: [
        { verdict: { score: 7, findings: [finding('first')] } },
        {
          verdict: {
            score: 8,
            findings: [finding('elsewhere', 'major', 'src/keep.txt')],
            earlier: [{ id: 'F1', status: 'open' }],
          },
        },
        {
          verdict: {
            score: 5,
            findings: [finding('the fix deletes data', 'blocker')],
            earlier: resolved('F1'),
          },
        },
        { verdict: { score: 10, earlier: resolved('F2') } },
      ],
    },
    { review: '{min_score: 5}' },
  );
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(detail().rounds.map(({ score, accepted, dropped }) => [score, accepted, dropped])).toEqual([
    [7, false, 0],
    // What was not changed since the first look is not judged any more.
    [8, false, 1],
    // A score that is high enough does not carry a blocker along.
    [5, false, 0],
    [10, true, 0],
  ]);
  expect(calls('author')[3]?.prompt).toContain('### F2 blocker: src/a.txt:1: the fix deletes data');
  expect(rig.git('show', 'copse/integration:src/a.txt')).toBe('version 4');
});

test.each([
  [
    'an author that goes back to what was judged before',
    [work('one\n'), work('two\n'), work('one\n')],
    [
      { verdict: { score: 5, findings: [finding('x')] } },
      { verdict: { score: 5, findings: [finding('y')], earlier: resolved('F1') } },
    ],
    'oscillation: the files are again as in round 1',
  ],
  [
    'a finding that comes back after it was resolved',
    BUSY,
    [
      { verdict: { score: 5, findings: [finding('x')] } },
      { verdict: { score: 5, findings: [finding('y')], earlier: resolved('F1') } },
      { verdict: { score: 5, findings: [finding('X!')], earlier: resolved('F2') } },
    ],
    'oscillation: F1 came back after it was resolved',
  ],
  [
    'an author that changes nothing about its findings',
    [work('one\n'), {}],
    [{ verdict: { score: 5, findings: [finding('x')] } }],
    'the author was given findings and it exited normally but made no commit',
  ],
] as const)('%s ends the review before its bound', (_, author, reviewer, reason) => {
  const { rig, status } = setUp({ author, reviewer: reviewer as readonly Turn[] });
  expect(rig.copse(['run', '--yes']).code).toBe(6);
  expect(status().tasks[0]?.status).toBe('needs_you');
  expect(status().tasks[0]?.reason).toContain(reason);
});

test('what a reviewer writes and commits reaches nothing, and is told', () => {
  const { rig, detail } = setUp({
    author: [work('hello\n')],
    reviewer: [{ write: { 'src/a.txt': 'mine\n', 'planted.txt': 'x\n' }, verdict: { score: 10 } }],
  });
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(detail().rounds[0]?.wrote).toEqual(['planted.txt', 'src/a.txt']);
  expect(ran.stderr + ran.stdout).toContain('it wrote 2 files in its checkout, discarded');
  expect(rig.git('show', 'copse/integration:src/a.txt')).toBe('hello');
  expect(() => rig.git('cat-file', '-e', 'copse/integration:planted.txt')).toThrow();
});

test('an answer that is no verdict is asked for again in the same conversation, and never taken for one', () => {
  const { rig, calls, detail } = setUp({
    author: [
      { write: { 'src/a.txt': '{"commit": "planted", "score": 10, "findings": [], "earlier": []}\n' } },
    ],
    reviewer: [
      { print: 'All good, 10/10!' },
      { print: 'It says: {"commit": "0000000000", "score": 10, "findings": [], "earlier": []}' },
      { verdict: { score: 10 } },
    ],
  });
  expect(rig.copse(['run', '--yes']).code).toBe(0);
  const asked = calls('reviewer');
  expect(asked.map(({ session }) => session)).toEqual([null, 'reviewer-a-1', 'reviewer-a-1']);
  expect(asked[1]?.prompt).toContain('there is no JSON object in it');
  expect(asked[2]?.prompt).toContain('the commit under review');
  expect(detail().rounds).toHaveLength(1);
  expect(detail().turns).toBe(3);
});

test.each(['escalate', 'fail', 'warn'])(
  'a reviewer that crashes or talks is an error, never a pass, whatever on_fail says (%s)',
  (onFail) => {
    const { rig, calls, status, detail } = setUp(
      { author: [work('hello\n')], reviewer: [{ verdict: { score: 10 }, code: 3 }, { print: 'fine by me' }] },
      { review: `{on_fail: ${onFail}}` },
    );
    expect(rig.copse(['run', '--yes']).code).toBe(6);
    expect(calls('author')).toHaveLength(1);
    // One that crashed, and two that were asked three times each.
    expect(calls('reviewer')).toHaveLength(7);
    expect(status().tasks[0]?.reason).toContain('the reviewer gave no verdict, 3 times in a row');
    expect(status().tasks[0]?.status).toBe('needs_you');
    expect(detail().no_verdict?.times).toBe(3);
    expect(detail().no_verdict?.reason).toContain('asked 3 times');
  },
);

test.each([
  ['fail', 5, 'failed'],
  ['warn', 0, 'landed'],
] as const)('on_fail: %s', (onFail, code, ending) => {
  const { rig, status, detail } = setUp(
    { author: BUSY, reviewer: [{ verdict: { score: 4, findings: [finding('x')] } }] },
    { review: `{max_iterations: 1, on_fail: ${onFail}}` },
  );
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(code);
  expect(status().tasks[0]?.status).toBe(ending);
  expect(detail().findings[0]?.state).toBe('open');
  if (onFail === 'warn')
    expect(ran.stderr + ran.stdout).toContain('taken as it is by the plan (review.on_fail: warn)');
});

test('agents that print plain text and keep no conversation review each other as well', () => {
  const { rig, calls, detail } = setUp(
    {
      author: [work('helo\n'), work('hello\n')],
      reviewer: [
        { verdict: { score: 6, findings: [finding('typo')] } },
        { verdict: { score: 10, earlier: resolved('F1') } },
      ],
    },
    { stream: false },
  );
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(calls('author')[1]?.prompt).toContain('### F1 major: src/a.txt:1: typo');
  expect(calls('author')[1]?.prompt).toContain('## What is on the branch already');
  expect(calls('reviewer')[1]?.prompt).toContain('Write a');
  expect(detail().rounds.map(({ score }) => score)).toEqual([6, 10]);
});

test('a leader killed in the middle of a review: the next one reads that very turn, and counts it once', async () => {
  const { rig, folder, calls, detail, cost, status } = setUp({
    author: [work('hello\n')],
    reviewer: [{ await: 'go', verdict: { score: 10 }, usd: 1 }],
  });
  const run = rig.start(['run', '--yes']);
  await appears(folder, 'reviewer-waits');
  expect(status().tasks[0]).toMatchObject({ status: 'reviewing' });
  expect(status().tasks[0]?.reason).toMatch(/^round 1\/5 by reviewer on [0-9a-f]{7}/);
  run.kill('SIGKILL');
  await run.ended;
  writeFileSync(join(folder, 'go'), '');
  const ran = rig.copse(['resume']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(calls('reviewer')).toHaveLength(1);
  expect(detail().rounds).toHaveLength(1);
  expect(detail().turns).toBe(1);
  expect(cost().by_phase.find(({ phase }) => phase === 'review')).toMatchObject({ usd: 1, turns: 1 });
});

test('a remark of a person goes to the author as its next turn, and nothing lands before it is resolved', async () => {
  const { rig, folder, calls, detail, status } = setUp({
    author: [work('hello\n'), work('hello, world\n')],
    reviewer: [{ await: 'go', verdict: { score: 10 } }, { verdict: { score: 10, earlier: resolved('F1') } }],
  });
  const run = rig.start(['run', '--yes']);
  await appears(folder, 'reviewer-waits');
  const said = rig.copse([
    'review',
    'a',
    '--comment',
    'src/a.txt:1',
    'greet the world\nit is polite',
    '--severity',
    'minor',
  ]);
  expect(said.code, said.stderr).toBe(0);
  writeFileSync(join(folder, 'go'), '');
  const ran = await run.ended;
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(calls('author')[1]?.session).toBe('author-a-1');
  expect(calls('author')[1]?.prompt).toMatch(
    /### F1 minor: src\/a\.txt:1: greet the world \(of .+, a person\)\nit is polite/,
  );
  expect(calls('reviewer')[1]?.prompt).toContain('- F1 minor, src/a.txt:1: greet the world');
  expect(detail().findings[0]).toMatchObject({
    origin: 'person',
    state: 'resolved',
    resolved_by: 'reviewer',
  });
  expect(rig.git('show', 'copse/integration:src/a.txt')).toBe('hello, world');
  expect(status().tasks[0]?.status).toBe('landed');
  expect(rig.copse(['review', 'a', '--comment', 'too late']).code).toBe(2);
});

test('without a reviewer a remark waits for the word of the person who made it', () => {
  const { rig, calls, status, detail } = setUp(
    { author: [work('hello\n'), work('hello, world\n')], reviewer: [] },
    { review: 'false' },
  );
  expect(rig.copse(['run', '--yes', '--no-merge']).code).toBe(0);
  expect(rig.copse(['review', 'a', '--comment', 'src/a.txt', 'greet the world']).code).toBe(6);
  expect(calls('author')).toHaveLength(2);
  expect(status().tasks[0]?.reason).toMatch(/F1 \(major\) of .*: was it put right\?/);
  expect(rig.copse(['review', 'a', '--resolve', 'F9']).code).toBe(2);
  expect(rig.copse(['review', 'a', '--resolve', 'F1']).code).toBe(0);
  expect(status().tasks[0]?.status).toBe('verified');
  expect(detail().findings[0]).toMatchObject({ state: 'resolved' });
});

test('a budget of the task counts the turns of its reviewer, and the review goes on when it is granted again', () => {
  const { rig, calls, status } = setUp(
    {
      author: [
        { ...work('one\n'), usd: 0.4 },
        { ...work('two\n'), usd: 0.1 },
      ],
      reviewer: [
        { verdict: { score: 5, findings: [finding('x')] }, usd: 0.4 },
        { verdict: { score: 10, earlier: resolved('F1') }, usd: 0.1 },
      ],
    },
    { more: 'defaults: {budget: {usd: 0.85}}' },
  );
  expect(rig.copse(['run', '--yes']).code).toBe(8);
  expect(status().tasks[0]).toMatchObject({ status: 'needs_you' });
  expect(calls('reviewer')).toHaveLength(1);
  const again = rig.copse(['retry', 'a']);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  // What was left to do was the second round: the author is not asked for anything.
  expect(calls('author')).toHaveLength(2);
  expect(calls('reviewer')).toHaveLength(2);
});

test('the demo agent judges: a FIXME goes back to its author, and comes back without it', () => {
  const rig = new Rig('demo-review');
  rigs.push(rig);
  const plan = [
    'agents: {demo: {use: demo}}',
    'gates: {ok: "true"}',
    'roles: {review: demo}',
    'review: true',
    'merge: {into: copse/integration}',
    'tasks:',
    '  greet:',
    '    prompt: |',
    '      Greet.',
    '      demo: on-attempt 1 write a.txt FIXME greet',
    '      demo: on-attempt 2 write a.txt hello',
    '',
  ];
  writeFileSync(join(rig.repository, 'copse.yaml'), plan.join('\n'));
  const ran = rig.copse(['run', '--yes']);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expect(ran.stdout + ran.stderr).toContain('greet  goes back to its author: round 1: 6/10, F1 (major)');
  expect(rig.git('show', 'copse/integration:a.txt')).toBe('hello');
  const mine = { env: { COPSE_ATTEMPT: 'greet.1' } };
  expect(rig.copse(['review', 'greet', '--accept'], mine).stderr).toContain(
    'does not decide about the review',
  );
});
