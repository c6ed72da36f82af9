import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommitId, RepoPath, TreeId } from '../ids.ts';
import {
  type Finding,
  isBlocking,
  NO_REVIEW,
  openFindings,
  type ReviewPolicy,
  type ReviewState,
} from './model.ts';
import { nextReviewStep, type ReviewStep } from './next.ts';
import { settleVerdict } from './settle.ts';
import { type RawFinding, type Verdict, verdictFault } from './verdict.ts';

const POLICY: ReviewPolicy = { agent: 'checker', minScore: 10, maxIterations: 5, onFail: 'escalate' };
const BASE = 'base' as CommitId;
const head = (n: number): CommitId => `head-${n}` as CommitId;
const tree = (n: number): TreeId => `tree-${n}` as TreeId;

const raw = (title: string, more: Partial<RawFinding> = {}): RawFinding => ({
  severity: 'major',
  file: 'a.ts' as RepoPath,
  line: 1,
  title,
  detail: '',
  ...more,
});

interface Said {
  readonly score?: number;
  readonly findings?: readonly RawFinding[];
  readonly resolved?: readonly string[];
  readonly open?: readonly string[];
}

function verdictOf({ score = 5, findings = [], resolved = [], open = [] }: Said): Verdict {
  const earlier = [
    ...resolved.map((id) => ({ id, status: 'resolved' }) as const),
    ...open.map((id) => ({ id, status: 'open' }) as const),
  ];
  return { commit: 'c', score, summary: '', findings, earlier };
}

/** A round on tree `n` of wave 1, in which `a.ts` was changed. */
function round(review: ReviewState, n: number, said: Said, delta: readonly string[] = ['a.ts']): ReviewState {
  return settleVerdict(
    review,
    {
      wave: 1,
      head: head(n),
      tree: tree(n),
      since: BASE,
      agent: 'checker',
      session: null,
      slot: 'review-1',
      wrote: [],
      atMs: n,
      delta: delta as readonly RepoPath[],
      verdict: verdictOf(said),
    },
    POLICY,
  );
}

/** What the reducer does when the author is given its findings. */
function told(review: ReviewState): ReviewState {
  const tell = (finding: Finding): Finding =>
    finding.state.kind === 'open' ? { ...finding, state: { kind: 'open', isTold: true } } : finding;
  return { ...review, findings: review.findings.map(tell) };
}

function next(review: ReviewState, n: number, policy: ReviewPolicy | null = POLICY): ReviewStep {
  return nextReviewStep(review, { wave: 1, head: head(n), tree: tree(n), base: BASE }, policy);
}

describe('rounds', () => {
  test('the first judges everything since the wave began, each next one what came after the last look', () => {
    expect(next(NO_REVIEW, 1)).toEqual({ kind: 'review', number: 1, since: BASE });
    const one = told(round(NO_REVIEW, 1, { findings: [raw('x')] }));
    expect(next(one, 2)).toEqual({ kind: 'review', number: 2, since: head(1) });
  });

  test('an accepted tree passes, under whatever commit, and a moved head is judged again', () => {
    const one = round(NO_REVIEW, 1, { score: 10 });
    expect(one.accepted).toEqual({ head: head(1), tree: tree(1), by: 'checker' });
    expect(next(one, 1)).toEqual({ kind: 'pass' });
    expect(next(one, 2)).toEqual({ kind: 'review', number: 2, since: head(1) });
  });

  test.each([
    ['a score below the least', { score: 9, findings: [raw('x')] }, 'fix'],
    ['a good score beside a blocker', { score: 10, findings: [raw('x', { severity: 'blocker' })] }, 'fix'],
    ['a good score beside a major finding', { score: 10, findings: [raw('x')] }, 'fix'],
    ['a good score beside a nit', { score: 10, findings: [raw('x', { severity: 'nit' })] }, 'pass'],
    ['a low score without findings', { score: 9 }, 'stop'],
  ] as const)('%s', (_, said, kind) => {
    expect(next(round(NO_REVIEW, 1, said), 1).kind).toBe(kind);
  });

  test('the bound counts rounds without agreement, and a person who says "again" grants as many', () => {
    let review = NO_REVIEW;
    for (let n = 1; n <= 5; n += 1)
      review = told(round(review, n, { findings: [raw(`x${n}`)], resolved: [`F${n - 1}`] }));
    expect(next(review, 5)).toEqual({
      kind: 'stop',
      because: 'no agreement after 5 rounds (review.max_iterations)',
    });
    expect(next(review, 6)).toEqual(next(review, 5));
    const granted = { ...review, countedFrom: review.rounds.length };
    expect(next(granted, 6)).toEqual({ kind: 'review', number: 6, since: head(5) });
  });
});

describe('findings', () => {
  test('keep their ids; a verdict resolves those that it says are resolved and no others', () => {
    const one = round(NO_REVIEW, 1, { findings: [raw('x'), raw('y')] });
    const two = round(one, 2, { resolved: ['F1'], open: ['F2'] });
    expect(two.findings.map(({ id, state }) => [id, state.kind])).toEqual([
      ['F1', 'resolved'],
      ['F2', 'open'],
    ]);
  });

  test.each([
    ['minor', 'a.ts', 'dropped'],
    ['nit', 'a.ts', 'dropped'],
    ['major', 'a.ts', 'taken'],
    ['major', 'elsewhere.ts', 'dropped'],
    ['major', null, 'taken'],
    ['blocker', 'a.ts', 'taken'],
    ['blocker', 'elsewhere.ts', 'taken'],
  ] as const)('after the first round a new %s finding in %s is %s', (severity, file, fate) => {
    const one = round(NO_REVIEW, 1, { findings: [raw('x')] });
    const two = round(one, 2, {
      resolved: ['F1'],
      findings: [raw('new', { severity, file: file as RepoPath | null })],
    });
    expect(two.rounds.at(-1)).toMatchObject({
      opened: fate === 'taken' ? ['F2'] : [],
      dropped: fate === 'taken' ? 0 : 1,
    });
  });

  test('said resolved and named again in one breath, one is open', () => {
    const one = round(NO_REVIEW, 1, { findings: [raw('The greeting is wrong.')] });
    const two = round(one, 2, { resolved: ['F1'], findings: [raw('the greeting is WRONG', { line: 40 })] });
    expect(two.findings).toHaveLength(1);
    expect(two.findings[0]?.state.kind).toBe('open');
  });

  test.each([
    ['by its number', { open: ['F1'] }],
    ['by its words', { findings: [raw('x', { line: 99 })] }],
  ] as const)('one that comes back %s is an oscillation', (_, said) => {
    let review = round(NO_REVIEW, 1, { findings: [raw('x')] });
    review = told(round(review, 2, { resolved: ['F1'], findings: [raw('y')] }));
    review = round(review, 3, { resolved: ['F2'], ...said });
    expect(next(review, 3)).toEqual({
      kind: 'stop',
      because: 'oscillation: F1 came back after it was resolved',
    });
  });

  test('a tree that was judged before is an oscillation', () => {
    const one = told(round(NO_REVIEW, 1, { findings: [raw('x')] }));
    const two = told(round(one, 2, { resolved: ['F1'], findings: [raw('y')] }));
    expect(next(two, 1)).toEqual({
      kind: 'stop',
      because: 'oscillation: the files are again as in round 1',
    });
  });

  test('remarks of a person block whatever their severity, first as work for the author, then until they are resolved', () => {
    const remark: Finding = {
      ...raw('rename it', { severity: 'nit' }),
      id: 'F1',
      origin: 'person',
      by: 'ada',
      wave: 1,
      round: 1,
      state: { kind: 'open', isTold: false },
    };
    const accepted = { ...round(NO_REVIEW, 1, { score: 10 }), findings: [remark] };
    expect(next(accepted, 1).kind).toBe('fix');
    expect(next(told(accepted), 1).kind).toBe('review');
    expect(next(told(accepted), 1, null)).toEqual({
      kind: 'look',
      because: 'F1 (nit) of ada: was it put right?',
    });
    const judged = round(told(accepted), 2, { score: 10, resolved: ['F1'] });
    expect(next(judged, 2)).toEqual({ kind: 'pass' });
    const ignored = round(told(accepted), 2, { score: 10, open: ['F1'] });
    expect(next(ignored, 2).kind).toBe('fix');
  });
});

test('turns without a verdict are an error after the third, never a pass', () => {
  const failing = (count: number) => ({ ...NO_REVIEW, errors: { count, why: 'it exited with 1' } });
  expect(next(failing(2), 1).kind).toBe('review');
  expect(next(failing(3), 1)).toEqual({
    kind: 'error',
    because: 'the reviewer gave no verdict, 3 times in a row: it exited with 1',
  });
});

describe('a verdict', () => {
  const request = {
    commit: '0123456789abcdef',
    open: ['F1'],
    ofPeople: [] as string[],
    minScore: 10,
    isFirst: false,
  };
  const said = (more: Partial<Verdict>): Verdict => ({
    ...verdictOf({ score: 10, resolved: ['F1'] }),
    commit: '0123456789abcdef',
    ...more,
  });

  test.each([
    [{}, null],
    [{ commit: '0123456' }, null],
    [{ commit: '012345' }, /must be 0123456789abcdef/],
    [{ commit: 'fedcba9876543210' }, /must be/],
    [{ commit: null }, null],
    [{ earlier: [], score: 9 }, /says nothing about F1/],
    [{ earlier: [] }, null],
  ] as const)('%o', (more, fault) => {
    const found = verdictFault(said(more), request);
    if (fault === null) expect(found).toBeNull();
    else expect(found).toMatch(fault);
  });

  test('has to name what people asked for, however content it is', () => {
    expect(verdictFault(said({ earlier: [] }), { ...request, ofPeople: ['F1'] })).toMatch(/nothing about F1/);
  });

  test('of a first round that is not content has to say with what', () => {
    const first = { ...request, open: [], isFirst: true };
    expect(verdictFault(said({ score: 9, earlier: [] }), first)).toMatch(/needs at least one finding/);
    expect(verdictFault(said({ score: 9, earlier: [], findings: [raw('x')] }), first)).toBeNull();
  });
});

const anyFinding = fc.record({
  severity: fc.constantFrom('blocker', 'major', 'minor', 'nit'),
  file: fc.constantFrom('a.ts', 'b.ts', null) as fc.Arbitrary<RepoPath | null>,
  line: fc.constant(null),
  title: fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z'),
  detail: fc.constant(''),
});
const anyVerdict = fc.record({
  commit: fc.constant('c'),
  score: fc.integer({ min: 1, max: 10 }),
  summary: fc.constant(''),
  findings: fc.array(anyFinding, { maxLength: 4 }),
  earlier: fc.array(
    fc.record({
      id: fc.constantFrom('F1', 'F2', 'F3', 'F4', 'F5', 'F9'),
      status: fc.constantFrom('open', 'resolved'),
    }),
    { maxLength: 6 },
  ),
});

test('whatever reviewer and author do, a review ends within its bound, and what passes was accepted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(null), anyVerdict), { minLength: 60, maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 10 }),
      (verdicts, trees, maxIterations, minScore) => {
        const policy = { ...POLICY, maxIterations, minScore };
        let review = NO_REVIEW;
        let n = 1;
        let turns = 0;
        for (let step = 0; ; step += 1) {
          expect(step).toBeLessThan(60);
          const decided = next(review, n, policy);
          if (decided.kind === 'pass') {
            expect(review.accepted?.tree).toBe(tree(n));
            expect(openFindings(review).some(isBlocking)).toBe(false);
          }
          if (decided.kind !== 'review' && decided.kind !== 'fix') break;
          if (decided.kind === 'fix') {
            review = told(review);
            n = trees[step] ?? 1;
            continue;
          }
          turns += 1;
          const verdict = verdicts[step] ?? null;
          review =
            verdict === null
              ? { ...review, errors: { count: review.errors.count + 1, why: 'dice' } }
              : settleVerdict(
                  review,
                  {
                    wave: 1,
                    head: head(n),
                    tree: tree(n),
                    since: decided.since,
                    agent: 'checker',
                    session: null,
                    slot: 's',
                    wrote: [],
                    atMs: step,
                    delta: ['a.ts' as RepoPath],
                    verdict,
                  },
                  policy,
                );
        }
        // Up to two lost turns before each verdict, and three that end it.
        expect(turns).toBeLessThanOrEqual(3 * maxIterations + 3);
        expect(review.rounds.length).toBeLessThanOrEqual(maxIterations);
        const ids = review.findings.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const isLate = (finding: Finding): boolean => finding.round > 1;
        for (const late of review.findings.filter(isLate))
          expect(['blocker', 'major']).toContain(late.severity);
      },
    ),
    { numRuns: 2_000 },
  );
});
