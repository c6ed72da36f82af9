/**
 * A reviewer's answer as a verdict. Clients with a schema of their own print the bare object; of the others the last JSON
 * in their text is taken, fenced or not. Never throws, whatever the text.
 */
import { z } from 'zod';
import { MAX_SCORE, MIN_SCORE, SEVERITIES } from '../../core/review/model.ts';
import type { RawFinding, VerdictReading } from '../../core/review/verdict.ts';
import type { RepoPath } from '../../core/ids.ts';
import { isInsideRepository } from '../plan/schema-values.ts';

/** Findings of one verdict; more is a malfunction, not a review. */
const MOST_FINDINGS = 100;
const MOST_EARLIER = 500;
const LONGEST_TITLE = 300;
const LONGEST_DETAIL = 4_000;
const LONGEST_SUMMARY = 2_000;
/** Looked at for the verdict, from the end. */
const LONGEST_TEXT = 400_000;
/** Places where an object may begin that are tried, from the end. */
const MOST_PLACES = 200;

const finding = z.object({
  severity: z.string(),
  file: z.string().nullish(),
  line: z.number().nullish(),
  title: z.string(),
  detail: z.string().nullish(),
});

const shape = z.object({
  commit: z.string().nullish(),
  score: z.number(),
  summary: z.string().nullish(),
  findings: z.array(finding).max(MOST_FINDINGS),
  earlier: z
    .array(z.object({ id: z.string(), status: z.enum(['open', 'resolved']) }))
    .max(MOST_EARLIER)
    .nullish(),
});

/** `answers`: where the verdict may stand, the likeliest first. */
export function readVerdict(answers: readonly string[]): VerdictReading {
  let why = 'there is no JSON object in it';
  for (const answer of answers) {
    for (const candidate of candidatesIn(answer.slice(-LONGEST_TEXT))) {
      const reading = asVerdict(candidate.object, candidate.isWhole);
      if (reading.kind === 'read') return reading;
      // The likeliest place says best what is missing.
      if (why === 'there is no JSON object in it') ({ why } = reading);
    }
  }
  return { kind: 'unreadable', why };
}

/** Objects in the text that could be a verdict, the last one first. */
function* candidatesIn(
  text: string,
): Generator<{ readonly object: Record<string, unknown>; readonly isWhole: boolean }> {
  const whole = parsed(/^```(?:json)?\s*\n([^]*?)\n\s*```$/.exec(text.trim())?.[1]?.trim() ?? text.trim());
  if (whole !== null) yield { object: whole, isWhole: true };
  let places = 0;
  for (let at = text.lastIndexOf('{'); at >= 0 && places < MOST_PLACES; at = text.lastIndexOf('{', at - 1)) {
    places += 1;
    const end = endOfObject(text, at);
    const object = end === null ? null : parsed(text.slice(at, end));
    if (object !== null && 'score' in object) yield { object, isWhole: false };
    if (at === 0) return;
  }
}

/** Just behind the bracket that closes the object at `start`; null when none does. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (isInString) {
      if (char === '\\') at += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

function parsed(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Without the id of the commit, which no text inside the change can hold, only an answer that is nothing else counts. */
function asVerdict(object: Record<string, unknown>, isWhole: boolean): VerdictReading {
  const outcome = shape.safeParse(object);
  if (!outcome.success) {
    const issue = outcome.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'it' : `"${issue.path.join('.')}"`;
    return { kind: 'unreadable', why: `${where} is not as asked for: ${issue?.message ?? 'unknown'}` };
  }
  const { commit, score, summary, findings, earlier } = outcome.data;
  if (!Number.isInteger(score) || score < MIN_SCORE || score > MAX_SCORE)
    return { kind: 'unreadable', why: `"score" must be a whole number from ${MIN_SCORE} to ${MAX_SCORE}` };
  if (typeof commit !== 'string' && !isWhole)
    return { kind: 'unreadable', why: '"commit" is missing: the commit under review' };
  const read = findings.map(asFinding);
  const wrong = read.find((one) => typeof one === 'string');
  if (typeof wrong === 'string') return { kind: 'unreadable', why: wrong };
  return {
    kind: 'read',
    verdict: {
      commit: commit?.trim().toLowerCase() ?? null,
      score,
      summary: oneLine(summary ?? '').slice(0, LONGEST_SUMMARY),
      findings: read.filter((one) => typeof one !== 'string'),
      earlier: earlier ?? [],
    },
  };
}

/** A sentence about what is wrong with it, or the finding. */
function asFinding(raw: z.infer<typeof finding>): RawFinding | string {
  const severity = SEVERITIES.find((word) => word === raw.severity.trim().toLowerCase());
  if (severity === undefined) return `"severity" of a finding must be one of ${SEVERITIES.join(', ')}`;
  const title = oneLine(raw.title).slice(0, LONGEST_TITLE);
  if (title === '') return '"title" of a finding is empty';
  const file = fileOf(raw.file ?? null);
  const line = raw.line ?? null;
  const isLine = file !== null && line !== null && Number.isInteger(line) && line > 0 && line < 1e9;
  return {
    severity,
    file,
    line: isLine ? line : null,
    title,
    detail: (raw.detail ?? '').trim().slice(0, LONGEST_DETAIL),
  };
}

/** A path of the tree; what is none says nothing about a place. */
function fileOf(text: string | null): RepoPath | null {
  const path = (text ?? '').trim().replace(/^(?:\.\/)+/, '');
  return path.length <= 1_000 && isInsideRepository(path) ? (path as RepoPath) : null;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
