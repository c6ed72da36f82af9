import { MAX_PROBLEMS } from './limits.ts';
import type { PlanDiagnostic, SourceProblem } from './problem.ts';

/** Gives problems their line and column, in the order of the text, errors and warnings mixed. */
export function toDiagnostics(
  problems: readonly SourceProblem[],
  text: string,
  file: string,
): readonly PlanDiagnostic[] {
  const last = problems.reduce((furthest, problem) => Math.max(furthest, problem.start), 0);
  const lines = lineStarts(text, last);
  const ordered = problems.toSorted((a, b) => a.start - b.start || (a.code < b.code ? -1 : 1));
  const kept = keepErrors(ordered);
  const shown = kept.map((problem): PlanDiagnostic => {
    const { code, severity, message, why, fix, edits } = problem;
    const line = lineOf(lines, problem.start);
    const start = lines[line] ?? 0;
    const lineEnd = Math.max(start, (lines[line + 1] ?? text.length + 1) - 1);
    const column = problem.start - start + 1;
    const endColumn = Math.max(column, Math.min(problem.end, lineEnd) - start + 1);
    const place = { file, line: line + 1, column, endColumn };
    return {
      code,
      severity,
      message,
      ...place,
      why,
      fix,
      ...(edits === undefined ? {} : { autofix: { edits } }),
    };
  });
  return shown;
}

/**
 * A problem as a block of plain text: what, where with the line of the plan, why, fix. `text` is the plan's text;
 * control characters of it are shown as `·`.
 */
export function renderDiagnostic(diagnostic: PlanDiagnostic, text: string): string {
  const { code, severity, message, file, line, column, endColumn, why, fix } = diagnostic;
  const number = String(line);
  const margin = ' '.repeat(number.length);
  const source = printable(sourceLine(text, line));
  const shown = excerpt(source, column, endColumn);
  const firstFix = fix?.split('\n');
  const how = diagnostic.autofix === undefined ? '' : '         (copse plan check --fix)';
  return [
    `${severity}[${code}]: ${printable(message)}`,
    `${margin}--> ${file}:${line}:${column}`,
    ...(source === '' ? [] : [`${number} | ${shown.text}`]),
    ...(source === ''
      ? []
      : [
          `${margin} | ${' '.repeat(shown.column - 1)}${'^'.repeat(shown.width)}${why === '' ? '' : ` ${printable(why)}`}`,
        ]),
    ...(source === '' && why !== '' ? [`${margin} = why: ${printable(why)}`] : []),
    ...(firstFix === undefined
      ? []
      : [`${margin} = fix: ${firstFix.map(printable).join(`\n${margin}        `)}${how}`]),
    `${margin} = more: copse explain ${code}`,
  ].join('\n');
}

/** Columns of a line around the mark that are shown. */
const EXCERPT_WIDTH = 100;

function excerpt(
  line: string,
  column: number,
  endColumn: number,
): { text: string; column: number; width: number } {
  const from = column > EXCERPT_WIDTH - 20 ? column - 20 : 0;
  const cut = line.slice(from, from + EXCERPT_WIDTH);
  const text = `${from > 0 ? '…' : ''}${cut}${from + EXCERPT_WIDTH < line.length ? '…' : ''}`;
  const at = column - from + (from > 0 ? 1 : 0);
  const width = Math.max(1, Math.min(endColumn - column, cut.length - (column - from) + 1));
  return { text, column: at, width };
}

function sourceLine(text: string, line: number): string {
  const lines = lineStarts(text);
  const start = lines[line - 1] ?? text.length;
  return text.slice(start, Math.max(start, (lines[line] ?? text.length + 1) - 1)).replace(/\r$/, '');
}

/** One column for each unit, so that marks stay under what they mean. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters and marks of direction must not reach a terminal
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '·');
}

function keepErrors(ordered: readonly SourceProblem[]): readonly SourceProblem[] {
  if (ordered.length <= MAX_PROBLEMS) return ordered;
  const errors = ordered.filter((problem) => problem.severity === 'error').slice(0, MAX_PROBLEMS);
  const kept = new Set(errors.length > 0 ? errors : ordered.slice(0, MAX_PROBLEMS));
  const shown = ordered.filter((problem) => kept.has(problem));
  const last = shown.at(-1);
  const left = ordered.length - shown.length;
  if (last === undefined) return shown;
  const more: SourceProblem = {
    code: 'E0199',
    severity: 'warning',
    message: `${left} more problems are not shown`,
    start: last.start,
    end: last.end,
    why: '',
    fix: 'correct these first',
  };
  return [...shown, more];
}

/** Where lines begin, up to the line behind the one of `upTo`: a refused text may be huge. */
function lineStarts(text: string, upTo = text.length): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
    if (at >= upTo) break;
  }
  return starts;
}

/** Index of the line that holds the offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
