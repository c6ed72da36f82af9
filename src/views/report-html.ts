/**
 * The report of a run as one HTML file that needs nothing else: no script, no request, no font. The policy in it allows
 * only its own style sheet, by hash, so that even markup that slipped through could do nothing.
 */
import { formatDuration } from '../kit/duration.ts';
import { asHtml, html } from './html.ts';
import type { Html } from './html.ts';
import { REPORT_STYLE, REPORT_STYLE_SHA256 } from './report-style.ts';
import type { AttemptRow, ReportRow, ReportView } from './report-view.ts';
import { markOf } from './vocabulary.ts';
import type { Status } from './vocabulary.ts';
import { noticedText } from './overlap-view.ts';
import { shortId } from './words.ts';

/** Units of a bar's width. */
const BAR = 1_000;
const NOTHING = asHtml('');

export function reportHtml(report: ReportView): string {
  const policy = `default-src 'none'; style-src 'sha256-${REPORT_STYLE_SHA256}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${asHtml(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${report.name}: ${report.outcome ?? 'not finished'}</title>
        ${asHtml(`<style>${REPORT_STYLE}</style>`)}
      </head>
      <body>
        <main>
          ${head(report)} ${figures(report)} ${problems(report)} ${tasksTable(report)} ${again(report)}
          ${noticed(report)} ${landings(report)}
          <footer>
            Made by Copse from the log of ${report.run}. The file is complete: it asks for nothing.
          </footer>
        </main>
      </body>
    </html>`;
  return `${page.text}\n`;
}

function head(report: ReportView): Html {
  const { target } = report;
  const goal = report.goal === undefined ? NOTHING : html`<p>${report.goal}</p>`;
  return html`<header>
    <h1>${report.name}: ${report.outcome ?? 'not finished'}</h1>
    ${goal}
    <p class="soft">
      <span class="mono">${report.run}</span>, onto <code>${target.branch}</code>,
      <code title="${target.from}">${shortId(target.from)}</code> to
      <code title="${target.to}">${shortId(target.to)}</code>,
      <time datetime="${report.started_at}">${day(report.started_at)}</time> to
      <time datetime="${report.ended_at}">${day(report.ended_at)}</time> UTC
    </p>
  </header>`;
}

function day(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

function figures(report: ReportView): Html {
  const { totals } = report;
  const rate = totals.merge_success_rate;
  const rows: readonly (readonly [string, string, string])[] = [
    ['Landed', String(totals.landed), report.mode === 'plan' ? `of ${totals.tasks} tasks` : ''],
    ['Merge success', rate === null ? 'unknown' : `${Math.round(rate * 100)} %`, `${totals.ejected} refused`],
    ['Wall time', formatDuration(totals.wall_ms), ''],
    [
      'One after another',
      formatDuration(totals.sequential_ms),
      totals.speedup === null || totals.speedup < 1.1
        ? ''
        : `${totals.speedup.toFixed(1)} times the wall time`,
    ],
    ['Time saved', formatDuration(totals.saved_ms), ''],
    ['Attempts', String(totals.attempts), `${totals.retries} of them retries`],
    ['Gates', String(totals.gates), `${totals.gates_failed} failed, ${totals.flaky_gates} flaky`],
    ['Queue runs', String(totals.queue_gate_runs), ''],
    ['Changed', `+${totals.insertions} −${totals.deletions}`, `${totals.files_changed} files`],
    [
      'Velocity',
      totals.landed_per_hour === null ? 'unknown' : `${totals.landed_per_hour.toFixed(1)} / h`,
      'landings',
    ],
  ];
  const cells = rows.map(([name, value, note]) => {
    const small = note === '' ? NOTHING : html`<small>${note}</small>`;
    return html`<div>
      <dt>${name}</dt>
      <dd>${value}${small}</dd>
    </div>`;
  });
  return html`<h2>In numbers</h2>
    <dl class="figures">${cells}</dl>`;
}

function problems(report: ReportView): Html {
  const rows = [
    ...report.failed.map((one) => ({ name: one.task, word: 'failed', text: one.reason })),
    ...report.waiting.map((one) => ({ name: one.task, word: 'needs a person', text: one.reason })),
    ...report.ejected.map((one) => ({
      name: one.task ?? one.branch,
      word: `ejected, ${one.reason}`,
      text: one.evidence,
    })),
  ];
  const items = rows.map((row) => html`<li><strong>${row.name}</strong> (${row.word}): ${row.text}</li>`);
  return section('Failed, waiting, ejected', items);
}

function again(report: ReportView): Html {
  const items = report.retried.map(
    (one) => html`<li><code>${one.attempt}</code> (${one.verdict.replace('_', ' ')}): ${one.reason}</li>`,
  );
  return section('Tried again', items);
}

function noticed(report: ReportView): Html {
  const items = report.overlaps.map(
    (one) =>
      html`<li>
        <strong>${one.a}</strong> and <strong>${one.b ?? one.target ?? ''}</strong>: ${noticedText(one)}
      </li>`,
  );
  return section('Conflicts noticed during work', items);
}

function landings(report: ReportView): Html {
  const items = report.landed.map(
    (one) =>
      html`<li>
        <strong>${one.task ?? one.branch}</strong>
        ${one.commit === null ? 'was there already' : html`at <code title="${one.commit}">${shortId(one.commit)}</code>`}
      </li>`,
  );
  return section('Landed, in order', items);
}

function section(title: string, items: readonly Html[]): Html {
  if (items.length === 0) return NOTHING;
  return html`<h2>${title} (${items.length})</h2>
    <ul class="items">
      ${items}
    </ul>`;
}

function tasksTable(report: ReportView): Html {
  if (report.tasks.length === 0) return NOTHING;
  const heads = ['Task', 'Status', 'Why', 'Attempts', 'Work', 'When'].map(
    (name) => html`<th scope="col">${name}</th>`,
  );
  return html`<h2 id="tasks">Tasks (${report.tasks.length})</h2>
    <div class="scroll" role="region" aria-labelledby="tasks" tabindex="0">
      <table>
        <thead>
          <tr>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${report.tasks.map((row) => taskRow(row, Math.max(1, report.totals.wall_ms)))}
        </tbody>
      </table>
    </div>`;
}

function taskRow(row: ReportRow, wallMs: number): Html {
  const mark = markOf(row.status);
  const title = row.title === row.task ? NOTHING : html`<small>${row.title}</small>`;
  return html`<tr>
    <th scope="row">${row.task}${title}</th>
    <td class="status ${statusClass(row.status)}">
      <span aria-hidden="true">${mark.symbol}</span> ${row.status.replace('_', ' ')}
    </td>
    <td>${row.reason}</td>
    <td class="num">${row.attempts.length}</td>
    <td class="num">${row.work_ms === 0 ? '' : formatDuration(row.work_ms)}</td>
    <td class="time">${row.attempts.length === 0 ? NOTHING : bars(row, wallMs)}</td>
  </tr>`;
}

function statusClass(status: Status): string {
  return status === 'failed' || status === 'skipped' || status === 'stopped' ? status : markOf(status).zone;
}

/** Picture of the attempts on the time of the run; its words are its label. */
function bars(row: ReportRow, wallMs: number): Html {
  const label = row.attempts
    .map((one) => `${one.id} from ${formatDuration(one.start_ms)} for ${formatDuration(one.duration_ms)}`)
    .join(', ');
  const rects = row.attempts.map((attempt, index) => {
    const x = clamp((attempt.start_ms / wallMs) * BAR, 0, BAR - 3);
    const width = clamp((attempt.duration_ms / wallMs) * BAR, 3, BAR - x);
    const kind = barClass(attempt, index === row.attempts.length - 1, row.status);
    return html`<rect class="${kind}" x="${x.toFixed(1)}" y="1" width="${width.toFixed(1)}" height="14" />`;
  });
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${BAR} 16" preserveAspectRatio="none">
    ${rects}
  </svg>`;
}

function barClass(attempt: AttemptRow, isLast: boolean, status: Status): string {
  if (isLast && status === 'failed') return 'bad';
  return isLast || attempt.verdict === 'committed' ? 'ok' : 'again';
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Number.isFinite(value) ? value : low));
}
