/**
 * TAP 12 to 14 inside any log: other lines and indented subtests are ignored. Tests that the plan promised and that did
 * not come, or that came without being promised, have failed; without a plan the stream was cut off.
 */
import { err, ok } from '../../kit/result.ts';
import { MAX_REPORT_CHARS, type Reading } from './reading.ts';

export const TAP_FIELDS = ['passed', 'failed', 'skipped', 'todo', 'total'] as const;
type Counts = Record<(typeof TAP_FIELDS)[number], number>;

const TEST = /^(not )?ok\b(?:[ \t]+\d+)?([^\n]*)/;
const PLAN = /^1\.\.(\d{1,9})(?=\s|#|$)/;
const DIRECTIVE = /(?:^|[^\\])#[ \t]*(skip|todo)/i;

export function readTap(text: string, field: string): Reading {
  const known = TAP_FIELDS.find((name) => name === field);
  if (known === undefined) return err(`tap has no ${field}, only ${TAP_FIELDS.join(', ')}`);
  if (text.length > MAX_REPORT_CHARS) return err('the report is too large');
  const totals = emptyCounts();
  let stream = new TapStream();
  for (const line of linesOf(text)) {
    if (line.startsWith('TAP version ') && !stream.isEmpty()) {
      const problem = stream.addTo(totals);
      if (problem !== null) return err(problem);
      stream = new TapStream();
    }
    const problem = stream.take(line);
    if (problem !== null) return err(problem);
  }
  const problem = stream.addTo(totals);
  return problem === null ? ok([totals[known]]) : err(problem);
}

/** One plan and its tests; several follow each other when several programs print TAP. */
class TapStream {
  readonly #counts = emptyCounts();
  #plan: number | null = null;

  isEmpty(): boolean {
    return this.#plan === null && this.#counts.total === 0;
  }

  take(line: string): string | null {
    if (/^bail out!/i.test(line)) return `the tests bailed out: ${line.slice(9, 100).trim()}`;
    const plan = PLAN.exec(line);
    if (plan !== null) {
      if (this.#plan !== null) return 'there are two plans';
      this.#plan = Number(plan[1]);
      return null;
    }
    const test = TEST.exec(line);
    if (test === null) return null;
    const directive = DIRECTIVE.exec(test[2] ?? '')?.[1]?.toLowerCase();
    this.#counts.total += 1;
    if (directive === 'todo') this.#counts.todo += 1;
    else if (test[1] !== undefined) this.#counts.failed += 1;
    else if (directive === 'skip') this.#counts.skipped += 1;
    else this.#counts.passed += 1;
    return null;
  }

  addTo(totals: Counts): string | null {
    if (this.#plan === null)
      return this.isEmpty() ? 'there is no TAP in it' : 'there is no plan: it was cut off';
    const seen = this.#counts.total;
    for (const name of TAP_FIELDS) totals[name] += this.#counts[name];
    totals.failed += Math.abs(this.#plan - seen);
    totals.total += Math.max(0, this.#plan - seen);
    return null;
  }
}

function emptyCounts(): Counts {
  return { passed: 0, failed: 0, skipped: 0, todo: 0, total: 0 };
}

function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    yield text.slice(start, text[stop - 1] === '\r' ? stop - 1 : stop);
    start = stop + 1;
  }
}
