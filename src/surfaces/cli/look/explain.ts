/** `copse explain`: an error code of a plan, a failure code, an exit code, or why a task is where it is. */
import { loadLatest } from '../../../engine/load-latest.ts';
import { planCatalogue } from '../../../formats/plan/catalogue.ts';
import { Failure } from '../../../kit/failure.ts';
import { problemText } from '../../../views/problem-text.ts';
import { problemsOf } from '../../../views/problem-view.ts';
import { statusView } from '../../../views/status-view.ts';
import { EXIT, EXIT_MEANINGS } from '../exit-codes.ts';
import { FAILURES } from '../failure-catalogue.ts';
import type { Context } from '../host.ts';
import { attemptLog } from '../state-paths.ts';
import { withStore } from '../session.ts';

interface Explanation {
  readonly subject: string;
  readonly lines: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

export async function explain(context: Context, word: string): Promise<number> {
  const { out } = context;
  const found = ofPlanCode(word) ?? ofFailure(word) ?? ofExitCode(word) ?? (await ofTask(context, word));
  if (found === null) {
    throw new Failure(
      'usage-unknown-code',
      `${word} is no error code, and the run has no task of that name`,
      {
        hint: 'copse help exit-codes',
      },
    );
  }
  if (out.json) out.envelope('explain', { subject: found.subject, ...found.data });
  else out.answer(...found.lines);
  return EXIT.done;
}

function ofPlanCode(word: string): Explanation | null {
  const code = word.toUpperCase();
  const entry = Object.hasOwn(planCatalogue, code) ? planCatalogue[code] : undefined;
  if (entry === undefined) return null;
  const example = entry.example.split('\n').map((line) => `  ${line}`);
  return {
    subject: code,
    lines: [`${code}  ${entry.title}`, '', entry.explanation, '', ...example],
    data: { title: entry.title, explanation: entry.explanation, example: entry.example },
  };
}

function ofFailure(word: string): Explanation | null {
  const entry = Object.hasOwn(FAILURES, word) ? FAILURES[word] : undefined;
  if (entry === undefined) return null;
  const { meaning, state, next } = entry;
  const more = [
    state === undefined ? [] : [`state  ${state}`],
    next === undefined ? [] : [`next   ${next}`],
  ].flat();
  return { subject: word, lines: [word, '', meaning, ...more], data: { ...entry } };
}

function ofExitCode(word: string): Explanation | null {
  const entry = EXIT_MEANINGS.find(([code]) => String(code) === word);
  if (entry === undefined) return null;
  return {
    subject: `exit code ${word}`,
    lines: [`exit code ${word}: ${entry[1]}`],
    data: { meaning: entry[1] },
  };
}

function ofTask(context: Context, id: string): Promise<Explanation | null> {
  return withStore(context, async (store, place) => {
    const state = await loadLatest(store);
    if (state === null) return null;
    const isLed = (await store.leader()) !== null;
    const task = statusView(state, { nowMs: Date.now(), isLed, eta: null }).tasks.find(
      (one) => one.id === id,
    );
    if (task === undefined) return null;
    const problem = problemsOf(state, { logOf: (attempt) => attemptLog(place, state.id, attempt) }).find(
      (one) => one.task === id,
    );
    const needs = (task.needs ?? []).map((need) => `needs ${need.task} ${need.when}`);
    const gates = task.gates.map((gate) => `gate ${gate.name}: ${gate.verdict}, ${gate.reason}`);
    const lines = [`${id}  ${task.status.replace('_', ' ')}: ${task.reason}`, ...needs, ...gates];
    return {
      subject: id,
      lines: problem === undefined ? lines : [...lines, '', ...problemText(problem, context.out.paint)],
      data: { task, ...(problem === undefined ? {} : { problem }) },
    };
  });
}
