/** A problem as an error block: what, why, what is safe, what to run; the log path is the last line. */
import { displayWidth, wrapTo } from '../kit/display-width.ts';
import { clean, tint } from './paint.ts';
import type { Paint } from './paint.ts';
import type { ProblemView } from './problem-view.ts';

const LABEL_COLUMNS = 8;

/** Commands and paths are never broken over lines, so that they can be copied; all else fits `paint.columns`. */
export function problemText(problem: ProblemView, paint: Paint): readonly string[] {
  const word = problem.severity === 'error' ? 'error' : 'waiting';
  const head = tint(`${word}[${problem.code}]`, problem.severity === 'error' ? 'red' : 'yellow', paint);
  const widest = Math.max(0, ...problem.next.map(({ command }) => displayWidth(clean(command, paint))));
  const next = problem.next.map(({ command, purpose }) => {
    const shown = clean(command, paint);
    const gap = ' '.repeat(widest - displayWidth(shown) + 3);
    const room = paint.columns - LABEL_COLUMNS - 2 - widest - 3;
    return displayWidth(purpose) > room
      ? shown
      : `${tint(shown, 'bold', paint)}${tint(gap + purpose, 'dim', paint)}`;
  });
  return [
    `${head}: ${clean(problem.title, paint)}`,
    ...block('what', wrapped(problem.what, paint), paint),
    ...block('why', wrapped(problem.why, paint), paint),
    ...block(
      'state',
      problem.state.map((line) => clean(line, paint)),
      paint,
    ),
    ...block('next', next, paint),
    ...(problem.log === undefined ? [] : block('log', [clean(problem.log, paint)], paint)),
  ];
}

function wrapped(text: string, paint: Paint): readonly string[] {
  return text === '' ? [] : wrapTo(clean(text, paint), Math.max(20, paint.columns - LABEL_COLUMNS - 2));
}

function block(label: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.map((line, index) => {
    const name = (index === 0 ? label : '').padEnd(LABEL_COLUMNS - 1);
    return `  ${tint(name, 'dim', paint)} ${line}`.trimEnd();
  });
}
