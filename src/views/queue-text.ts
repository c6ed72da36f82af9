/** The merge queue for people: what is tested and why, what waits, what was refused on which evidence. */
import { cell, clean, cut, dot, shortAge, symbolOf, tint } from './paint.ts';
import type { Hue, Paint } from './paint.ts';
import type { BuildView, QueueView } from './queue-view.ts';
import type { Status } from './vocabulary.ts';
import { counted, listed, shortId } from './words.ts';

/** Ended builds that are listed. */
const HISTORY = 5;

/** Lines of at most `paint.columns`. `target` is the branch the queue lands on. */
export function queueText(queue: QueueView, target: string, nowMs: number, paint: Paint): readonly string[] {
  const fit = (text: string): string => cut(clean(text, paint), paint.columns, paint);
  const facts = [
    `${target} @ ${shortId(queue.tip)}`,
    `${queue.landed.length} landed`,
    `${queue.ejected.length} ejected`,
    counted(queue.gate_runs, 'gate run'),
  ];
  const lines = [cut(facts.map((fact) => clean(fact, paint)).join(dot(paint)), paint.columns, paint)];
  if (!queue.open)
    lines.push(tint(fit(`closed: ${target} was rewritten or deleted by someone else`), 'red', paint));
  if (queue.closed !== undefined) {
    const below = queue.closed.below === undefined ? '' : ` below priority ${queue.closed.below}`;
    lines.push(tint(fit(`closed${below} by ${queue.closed.by}: copse queue open`), 'yellow', paint));
  }
  if (queue.held !== undefined) {
    lines.push(
      tint(fit(`held: ${queue.held.build} lands when ${queue.held.checkout} is clean`), 'yellow', paint),
    );
  }
  if (queue.waits_until !== undefined) {
    const left = shortAge(Date.parse(queue.waits_until) - nowMs);
    lines.push(fit(`waits up to ${left} for runs about to end before it starts or lands more`));
  }
  const live = queue.builds.filter(isLive);
  section(
    lines,
    'TESTING',
    live.flatMap((build) => buildRows(build, nowMs, paint)),
    live.length,
    paint,
  );
  const pending = queue.pending.map(({ position, status, task, branch, reason }) =>
    row(status, `${String(position).padStart(2)} ${task ?? branch}  ${reason}`, paint),
  );
  section(lines, 'QUEUE', pending, pending.length, paint);
  const ejected = queue.ejected.map(({ task, branch, reason, evidence }) =>
    row(reason === 'withdrawn' ? 'stopped' : 'failed', `${task ?? branch}  ${reason}: ${evidence}`, paint),
  );
  section(lines, 'EJECTED', ejected, ejected.length, paint);
  const ended = queue.builds
    .filter((build) => !isLive(build))
    .slice(-HISTORY)
    .toReversed();
  section(
    lines,
    'BEFORE',
    ended.flatMap((build) => buildRows(build, nowMs, paint)),
    ended.length,
    paint,
  );
  return lines;
}

function section(lines: string[], title: string, rows: readonly string[], count: number, paint: Paint): void {
  if (rows.length > 0) lines.push('', tint(`${title} (${count})`, 'bold', paint), ...rows);
}

function isLive(build: BuildView): boolean {
  return build.state === 'making' || build.state === 'made';
}

function row(status: Status, text: string, paint: Paint): string {
  return `${symbolOf(status, paint)} ${cut(clean(text, paint), paint.columns - 2, paint)}`;
}

const STATE_WORDS: Readonly<Record<BuildView['state'], { readonly word: string; readonly hue: Hue }>> = {
  making: { word: 'merging', hue: 'cyan' },
  made: { word: 'testing', hue: 'cyan' },
  green: { word: 'green', hue: 'green' },
  red: { word: 'red', hue: 'red' },
  cancelled: { word: 'cancelled', hue: 'dim' },
  conflicted: { word: 'conflict', hue: 'yellow' },
  void: { word: 'void', hue: 'dim' },
};

function buildRows(build: BuildView, nowMs: number, paint: Paint): readonly string[] {
  const { word, hue } = STATE_WORDS[build.state];
  const age = isLive(build) ? shortAge(nowMs - Date.parse(build.started_at)) : '';
  const chain = [shortId(build.tip), ...build.members].join(' + ');
  const room = paint.columns - (10 + 1 + 9 + 1 + 4 + 2);
  const head = [
    cell(build.id, 10, paint),
    tint(cell(word, 9, paint), hue, paint),
    tint(cell(age, 4, paint, 'right'), 'dim', paint),
  ].join(' ');
  const why = build.red !== undefined ? `failed: ${listed(build.red)}` : build.because;
  return [
    `${head}  ${cut(clean(chain, paint), room, paint)}`,
    tint(`${' '.repeat(11)}${cut(clean(why, paint), paint.columns - 11, paint)}`, 'dim', paint),
  ];
}
