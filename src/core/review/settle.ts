/** Takes a verdict into the state of a review: which findings are open, resolved, back again or not taken. */
import type { RepoPath } from '../ids.ts';
import type { Finding, ReviewPolicy, ReviewRound, ReviewState, Severity } from './model.ts';
import { isBlocking, roundsOfWave } from './model.ts';
import { isCleanSheet, type RawFinding, type Verdict } from './verdict.ts';

/** Findings kept for one task; what a reviewer adds beyond them is counted as dropped. */
export const MAX_FINDINGS = 200;

/** A turn of the reviewer that ended with a verdict. */
export interface JudgedTurn extends Pick<
  ReviewRound,
  'wave' | 'head' | 'tree' | 'since' | 'agent' | 'session' | 'slot' | 'wrote' | 'atMs'
> {
  readonly verdict: Verdict;
  /** Files that differ between `since` and `head`. */
  readonly delta: readonly RepoPath[];
}

export function settleVerdict(
  review: ReviewState,
  turn: JudgedTurn,
  policy: Pick<ReviewPolicy, 'minScore'>,
): ReviewState {
  const earlierRounds = roundsOfWave(review, turn.wave);
  const number = (earlierRounds.at(-1)?.number ?? 0) + 1;
  const said = new Map(turn.verdict.earlier.map((entry) => [entry.id, entry.status]));
  const isClean = isCleanSheet(turn.verdict, policy.minScore);
  const again = new Set(turn.verdict.findings.map(fingerprint));
  const resolved: string[] = [];
  const returned: string[] = [];
  const known = review.findings.map((finding): Finding => {
    const isThere = again.has(fingerprint(finding));
    if (finding.state.kind === 'open') {
      // Named once more under another number: it is not resolved, whatever the list of earlier ones says.
      const isImplied = isClean && finding.origin === 'reviewer';
      if ((said.get(finding.id) !== 'resolved' && !isImplied) || isThere) return finding;
      resolved.push(finding.id);
      return { ...finding, state: { kind: 'resolved', round: number, by: turn.agent } };
    }
    if (said.get(finding.id) !== 'open' && !isThere) return finding;
    returned.push(finding.id);
    return { ...finding, state: { kind: 'open', isTold: false } };
  });
  const fresh = newFindings(turn, known, earlierRounds.length === 0);
  const opened = fresh.taken.map((raw, index): Finding => ({
    ...raw,
    id: `F${review.findings.length + index + 1}`,
    origin: 'reviewer',
    by: turn.agent,
    wave: turn.wave,
    round: number,
    state: { kind: 'open', isTold: false },
  }));
  const findings = [...known, ...opened];
  const isAccepted = turn.verdict.score >= policy.minScore && !findings.some(isBlocking);
  const { verdict, delta: _delta, ...round } = turn;
  return {
    ...review,
    findings,
    errors: { count: 0, why: '' },
    limits: 0,
    acceptedTrees: isAccepted ? [...review.acceptedTrees, turn.tree] : review.acceptedTrees,
    accepted: isAccepted ? { head: turn.head, tree: turn.tree, by: turn.agent } : review.accepted,
    rounds: [
      ...review.rounds,
      {
        ...round,
        number,
        score: verdict.score,
        summary: verdict.summary,
        isAccepted,
        opened: opened.map((finding) => finding.id),
        resolved,
        returned,
        dropped: fresh.dropped,
      },
    ],
    // Agreement ends the count: what the merge queue sends back later is a review of its own length.
    countedFrom: isAccepted ? review.rounds.length + 1 : review.countedFrom,
  };
}

/** The same remark, wherever its line has moved to. */
function fingerprint({ file, title }: Pick<RawFinding, 'file' | 'title'>): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return `${file ?? ''}|${words.join(' ')}`;
}

function newFindings(
  turn: JudgedTurn,
  known: readonly Finding[],
  isFirst: boolean,
): { readonly taken: readonly RawFinding[]; readonly dropped: number } {
  const delta = new Set<string>(turn.delta);
  const seen = new Set(known.map(fingerprint));
  const taken: RawFinding[] = [];
  let dropped = 0;
  for (const raw of turn.verdict.findings) {
    const key = fingerprint(raw);
    if (seen.has(key)) continue;
    seen.add(key);
    if (known.length + taken.length < MAX_FINDINGS && (isFirst || isTakenLate(raw, delta))) taken.push(raw);
    else dropped += 1;
  }
  return { taken, dropped };
}

/** After the first round: nothing small, and a fault only where something was changed since. A blocker is one anywhere. */
function isTakenLate(
  raw: { readonly severity: Severity; readonly file: RepoPath | null },
  delta: ReadonlySet<string>,
) {
  if (raw.severity === 'blocker') return true;
  return raw.severity === 'major' && (raw.file === null || delta.has(raw.file));
}
