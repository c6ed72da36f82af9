/** The report of a run for a terminal. */
import { displayWidth, padTo, wrapTo } from '../kit/display-width.ts';
import { formatDuration } from '../kit/duration.ts';
import { cell, clean, cut, dot, hueOf, symbolOf, tint } from './paint.ts';
import type { Hue, Paint } from './paint.ts';
import type { ReportRow, ReportView } from './report-view.ts';
import { noticedText, pairText } from './overlap-view.ts';
import { counted, shortId } from './words.ts';

/** Rows of one list; more are counted. */
const MOST_ROWS = 40;

/** Lines of at most `paint.columns`. */
export function reportText(report: ReportView, paint: Paint): readonly string[] {
  const { target } = report;
  const title = [
    report.run,
    report.outcome ?? 'not finished',
    `${target.branch} ${shortId(target.from)}..${shortId(target.to)}`,
  ];
  const lines = [tint(fit(title.join(dot(paint)), paint), 'bold', paint), ''];
  lines.push(...figures(report, paint));
  list(
    lines,
    'FAILED',
    report.failed.map(({ task, reason }) => `${task}  ${reason}`),
    'red',
    paint,
  );
  list(
    lines,
    'NEEDS A PERSON',
    report.waiting.map(({ task, reason }) => `${task}  ${reason}`),
    'yellow',
    paint,
  );
  const ejected = report.ejected.map(
    (one) => `${one.task ?? one.branch}  ${one.reason}: ${one.evidence}${proofOf(one)}`,
  );
  list(lines, 'EJECTED FROM THE QUEUE', ejected, 'yellow', paint);
  list(
    lines,
    'TRIED AGAIN',
    report.retried.map(({ attempt, reason }) => `${attempt}  ${reason}`),
    'dim',
    paint,
  );
  const noticed = report.overlaps.map((one) => `${pairText(one, paint)}  ${noticedText(one)}`);
  list(lines, 'CONFLICTS NOTICED DURING WORK', noticed, 'dim', paint);
  list(lines, 'ROLLED BACK', report.rollbacks.map(rollbackRow), 'yellow', paint);
  const red = report.red_target;
  if (red !== undefined)
    list(lines, 'RED TARGET', [`${red.gates.join(', ')}: ${target.branch} ${red.evidence}`], 'red', paint);
  const landed = report.landed.map((one) => {
    const at = one.commit === null ? 'present' : shortId(one.commit);
    const how = one.origin === undefined ? '' : `  ${originText(one.origin)}`;
    const back = one.rolled_back === undefined ? '' : `  ${one.rolled_back}`;
    return `${at}  ${one.task ?? one.branch}${how}${back}`;
  });
  if (report.tasks.length > 0) lines.push('', tint('TASKS', 'bold', paint), ...taskRows(report.tasks, paint));
  else list(lines, 'LANDED', landed, 'green', paint);
  return lines;
}

/** Which tree was red, and which one without the change was green. */
function proofOf(one: ReportView['ejected'][number]): string {
  if (one.red === undefined) return '';
  const tree = (id: string | undefined): string => (id === undefined ? '' : ` (tree ${shortId(id)})`);
  return `; red ${one.red}${tree(one.red_tree)}, green ${one.green ?? 'none'}${tree(one.green_tree)}`;
}

function rollbackRow(one: ReportView['rollbacks'][number]): string {
  const at = one.landed_commit === undefined ? one.state : shortId(one.landed_commit);
  const others = one.dependents.map(({ name, reason }) => `${name} (${reason})`);
  const built = others.length === 0 ? '' : `; built on it: ${others.join(', ')}`;
  return `${one.of} ${shortId(one.commit)} by ${one.by} → ${at}: ${one.evidence ?? one.reason}${built}`;
}

function originText(origin: NonNullable<ReportView['landed'][number]['origin']>): string {
  return origin.kind === 'rollback'
    ? `takes ${shortId(origin.commit)} back`
    : `conflict in ${origin.files.join(', ')} resolved by ${origin.agent ?? origin.by ?? origin.stage}`;
}

function fit(text: string, paint: Paint): string {
  return cut(clean(text, paint), paint.columns, paint);
}

function figures(report: ReportView, paint: Paint): readonly string[] {
  const { totals } = report;
  const percent =
    totals.merge_success_rate === null ? 'unknown' : `${Math.round(totals.merge_success_rate * 100)} %`;
  const isPlan = report.mode === 'plan';
  const rows: readonly (readonly [string, string])[] = [
    ['landed', `${totals.landed}${isPlan ? ` of ${counted(totals.tasks, 'task')}` : ''}`],
    ...(totals.verified > 0 ? [['verified', `${totals.verified}, not merged`] as const] : []),
    ['refused', `${totals.ejected} (merge success ${percent})`],
    ...(isPlan
      ? [['attempts', `${totals.attempts}, ${counted(totals.retries, 'retry', 'retries')}`] as const]
      : []),
    [
      'gates',
      `${totals.gates} run, ${totals.gates_failed} failed, ${totals.flaky_gates} flaky; ${counted(totals.queue_gate_runs, 'queue run')}`,
    ],
    ...(isPlan
      ? [
          [
            'changed',
            `${counted(totals.files_changed, 'file')}, +${totals.insertions} -${totals.deletions}`,
          ] as const,
        ]
      : []),
    ['time', timeLine(report)],
    ...velocityRow(report),
  ];
  return rows.map(
    ([name, value]) =>
      `${tint(padTo(name, 10), 'dim', paint)}${cut(clean(value, paint), paint.columns - 10, paint)}`,
  );
}

/** Below this a rate by the hour says nothing; a shorter run shows none. */
const RATE_AFTER_MS = 10 * 60_000;

function velocityRow({ totals }: ReportView): readonly (readonly [string, string])[] {
  const { landed_per_hour: rate, wall_ms: wallMs } = totals;
  if (rate === null || wallMs < RATE_AFTER_MS) return [];
  return [['velocity', `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)} landed an hour`]];
}

/** Small runs spend most of their time on set-up and waits: a factor near or below 1 would only puzzle. */
function timeLine({ totals }: ReportView): string {
  const times =
    totals.speedup === null || totals.speedup < 1.1 ? '' : ` (${totals.speedup.toFixed(1)} times as long)`;
  return `${formatDuration(totals.wall_ms)}; one after another ${formatDuration(totals.sequential_ms)}${times}`;
}

function list(lines: string[], title: string, rows: readonly string[], hue: Hue, paint: Paint): void {
  if (rows.length === 0) return;
  lines.push('', tint(`${title} (${rows.length})`, hue, paint));
  for (const row of rows.slice(0, MOST_ROWS)) {
    const [first = '', ...rest] = wrapTo(clean(row, paint), paint.columns - 4).slice(0, 4);
    lines.push(`  ${first}`, ...rest.map((line) => `    ${line}`));
  }
  if (rows.length > MOST_ROWS) lines.push(`  +${rows.length - MOST_ROWS} more`);
}

function taskRows(rows: readonly ReportRow[], paint: Paint): readonly string[] {
  const idColumns = Math.min(
    Math.max(4, ...rows.map((row) => displayWidth(row.task))),
    Math.floor(paint.columns / 4),
  );
  return rows.map((row) => {
    const left = [
      symbolOf(row.status, paint),
      cell(row.task, idColumns, paint),
      tint(cell(row.status.replace('_', ' '), 9, paint), hueOf(row.status), paint),
      cell(row.attempts.length === 0 ? '' : `${row.attempts.length}x`, 3, paint, 'right'),
      cell(row.work_ms === 0 ? '' : formatDuration(row.work_ms), 7, paint, 'right'),
    ].join(' ');
    const room = paint.columns - (2 + idColumns + 1 + 9 + 1 + 3 + 1 + 7 + 2);
    return `${left}  ${cut(clean(row.reason, paint), Math.max(0, room), paint)}`.trimEnd();
  });
}
