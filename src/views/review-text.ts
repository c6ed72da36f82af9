/** `copse review ID` for people: the rounds, then what is open, then what was resolved and when. */
import { wrapTo } from '../kit/display-width.ts';
import { clean, type Paint, tint } from './paint.ts';
import type { FindingView, ReviewDetail, RoundView } from './review-view.ts';
import { usageText } from './usage-view.ts';
import { counted, listed, shortId } from './words.ts';

export function reviewText(view: ReviewDetail, paint: Paint): readonly string[] {
  const open = view.findings.filter((finding) => finding.state === 'open');
  const resolved = view.findings.filter((finding) => finding.state === 'resolved');
  const usage = usageText(view.usage);
  const lines = [
    ...wrapTo(clean(`${view.task}  ${view.status.replace('_', ' ')}: ${view.reason}`, paint), paint.columns),
    ...wrapTo(clean(policyLine(view), paint), paint.columns),
    '',
    ...view.rounds.flatMap((round) => roundLines(round, view, paint)),
    ...(view.rounds.length === 0 ? [tint('no round yet', 'dim', paint)] : []),
    ...wrapTo(clean(noVerdictLine(view), paint), paint.columns).filter((line) => line !== ''),
  ];
  if (open.length > 0)
    lines.push('', tint('open', 'bold', paint), ...open.flatMap((one) => findingLines(one, true, paint)));
  if (resolved.length > 0)
    lines.push(
      '',
      tint('resolved', 'bold', paint),
      ...resolved.flatMap((one) => findingLines(one, false, paint)),
    );
  if (view.turns > 0) {
    const cost = `${counted(view.turns, 'turn')} of reviewers${usage === '' ? '' : `: ${usage}`}`;
    lines.push('', tint(clean(cost, paint), 'dim', paint));
  }
  return lines;
}

function policyLine({ policy, accepted }: ReviewDetail): string {
  const how =
    policy === undefined
      ? 'no reviewer (review is off); remarks of people block until they are resolved'
      : `reviewed by ${policy.agent}: at least ${policy.min_score}/10, ${counted(policy.max_iterations, 'round')} at most, then ${policy.on_fail}`;
  return accepted === undefined ? how : `${how}; ${shortId(accepted.head)} accepted by ${accepted.by}`;
}

function noVerdictLine({ no_verdict: none }: ReviewDetail): string {
  if (none === undefined) return '';
  const log = none.log === undefined ? '' : `; its output is in ${none.log} of the state folder`;
  return `no verdict ${counted(none.times, 'time')} in a row: ${none.reason}${log}`;
}

function roundLines(round: RoundView, view: ReviewDetail, paint: Paint): readonly string[] {
  const wave = view.rounds.some((one) => one.wave !== round.wave) ? `wave ${round.wave}, ` : '';
  const parts = [
    ...(round.opened.length === 0 ? [] : [`${listed(round.opened)} found`]),
    ...(round.resolved.length === 0 ? [] : [`${listed(round.resolved)} resolved`]),
    ...(round.returned.length === 0 ? [] : [`${listed(round.returned)} came back`]),
    ...(round.dropped === 0 ? [] : [`${round.dropped} not taken`]),
    ...(round.accepted ? ['accepted'] : []),
  ];
  const head = `${wave}round ${round.round}  ${round.score}/10  ${shortId(round.head)}  ${parts.join(', ')}`;
  const wrote =
    round.wrote === undefined
      ? []
      : wrapTo(clean(`the reviewer wrote ${listed(round.wrote)}; discarded`, paint), paint.columns - 4);
  return [
    ...wrapTo(clean(head.trimEnd(), paint), paint.columns),
    ...indented(wrapTo(clean(round.summary, paint), paint.columns - 4), paint),
    ...indented(wrote, paint),
  ];
}

function findingLines(finding: FindingView, isFull: boolean, paint: Paint): readonly string[] {
  const place =
    finding.file === null ? '' : `${finding.file}${finding.line === null ? '' : `:${finding.line}`}  `;
  const who = finding.origin === 'person' ? `  (${finding.by})` : '';
  const since =
    finding.state === 'open'
      ? ` since round ${finding.round}`
      : ` in round ${finding.resolved_in ?? finding.round} by ${finding.resolved_by ?? '?'}`;
  const head = `${finding.id}  ${finding.severity}${since}  ${place}${finding.title}${who}`;
  const detail =
    isFull && finding.detail !== '' ? wrapTo(clean(finding.detail, paint), paint.columns - 4) : [];
  return [...wrapTo(clean(head, paint), paint.columns), ...indented(detail, paint)];
}

function indented(lines: readonly string[], paint: Paint): readonly string[] {
  return lines.filter((line) => line.trim() !== '').map((line) => tint(`    ${line}`, 'dim', paint));
}
