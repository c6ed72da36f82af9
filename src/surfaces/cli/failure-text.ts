/** An error as a person reads it: what, why, what is safe, what to run next. */
import { Failure } from '../../kit/failure.ts';
import { FAILURES } from './failure-catalogue.ts';
import type { Style } from './style.ts';

export interface FailureText {
  readonly verbosity: number;
  readonly style: Style;
  /** Printed last; null when there is no log. */
  readonly logPath: string | null;
}

export function failureLines(error: unknown, options: FailureText): readonly string[] {
  const { style } = options;
  const isKnown = error instanceof Failure;
  const code = isKnown ? `[${error.code}]` : '';
  const message = error instanceof Error ? error.message : String(error);
  const what = isKnown ? message : `unexpected error, a bug in Copse: ${message}`;
  const lines = [`${style.red(`error${code}:`)} ${firstLine(what)}`];
  const row = (name: string, text: string | undefined | null): void => {
    if (text) lines.push(`  ${style.dim(name.padEnd(6))} ${text}`);
  };
  const known = isKnown ? FAILURES[error.code] : undefined;
  for (const extra of what.split('\n').slice(1)) row('', extra);
  if (isKnown && error.cause instanceof Error) row('why', firstLine(error.cause.message));
  row('state', known?.state);
  row('next', (isKnown ? error.hint : undefined) ?? known?.next);
  if (options.verbosity >= 2 && error instanceof Error) lines.push(...stackLines(error));
  if (options.logPath !== null) row('log', options.logPath);
  return lines;
}

/** The same for `--json`. */
export function failureData(error: unknown, exitCode: number): Readonly<Record<string, unknown>> {
  if (!(error instanceof Failure)) {
    return {
      code: 'bug',
      message: error instanceof Error ? error.message : String(error),
      exit_code: exitCode,
    };
  }
  const next = error.hint ?? FAILURES[error.code]?.next;
  return {
    code: error.code,
    message: error.message,
    ...(error.cause instanceof Error ? { why: error.cause.message } : {}),
    ...(next === undefined ? {} : { next }),
    exit_code: exitCode,
  };
}

function stackLines(error: Error): readonly string[] {
  const lines = (error.stack ?? '').split('\n').slice(1);
  const cause = error.cause instanceof Error ? ['  caused by:', ...stackLines(error.cause)] : [];
  return [...lines, ...cause];
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
