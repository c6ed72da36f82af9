/**
 * Sees what living agents ask. A question is a file in the folder of its attempt, written by whoever speaks with the agent;
 * it may be answered, or be gone, at any moment. What is seen becomes a fact of the run, once: what was told is remembered
 * until the log says so. One look for all attempts, now and then, and only while an agent works that asks at all.
 */
import type { AttemptId } from '../../core/ids.ts';
import { MAX_SHOWN_INPUT, questionItem } from '../../core/inbox/model.ts';
import type { AttemptState, RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { Deps } from '../deps.ts';
import { attemptFolder, under } from '../paths.ts';

/** Between two looks: nobody answers faster than that. */
const LOOK_MS = 500;
/** Of one question or answer; a larger file is not read. */
const MAX_FILE_CHARACTERS = 20_000_000;
/** Of one line that is shown. */
const MAX_LINE = 1_000;

type Files = Pick<Deps, 'files' | 'paths' | 'clock'>;

export class QuestionWatch {
  readonly #deps: Files;
  readonly #tell: (fact: Fact) => void;
  readonly #fail: (error: unknown) => void;
  readonly #told = new Set<string>();
  #state: RunState | null = null;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: Files, tell: (fact: Fact) => void, fail: (error: unknown) => void) {
    this.#deps = deps;
    this.#tell = tell;
    this.#fail = fail;
  }

  /** To be called with every state of the run. */
  follow(state: RunState): void {
    this.#state = state;
    if (this.#cancel === null && !this.#isStopped && asking(state).length > 0) this.#plan(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  #plan(delayMs: number): void {
    this.#cancel = this.#deps.clock.after(delayMs, () => {
      this.#look().then(
        () => this.#again(),
        (error: unknown) => {
          // A folder that cannot be read now is looked at again.
          if (error instanceof Failure) this.#again();
          else this.#fail(error);
        },
      );
    });
  }

  #again(): void {
    this.#cancel = null;
    if (!this.#isStopped && this.#state !== null && asking(this.#state).length > 0) this.#plan(LOOK_MS);
  }

  async #look(): Promise<void> {
    const state = this.#state;
    if (state === null) return;
    for (const attempt of asking(state)) {
      for (const fact of await seen(attempt, state, this.#deps)) this.#tellOnce(fact);
    }
  }

  #tellOnce(fact: Fact): void {
    if (this.#isStopped || !('question' in fact)) return;
    const key = `${fact.kind} ${questionItem(fact.attempt, fact.question)}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#tell(fact);
  }
}

/** Attempts under way whose agent asks people. */
function asking(state: RunState): readonly AttemptState[] {
  return [...state.tasks.values()].flatMap(({ progress }) => {
    if (progress.kind !== 'working') return [];
    const attempt = state.attempts.get(progress.attempt);
    const agent = state.plan.agents[attempt?.agent ?? ''];
    const asks = agent?.kind === 'command' && agent.acp?.permissions === 'ask';
    return asks && attempt !== undefined ? [attempt] : [];
  });
}

/** What the folder says that the state does not. */
async function seen(attempt: AttemptState, state: RunState, deps: Files): Promise<readonly Fact[]> {
  const folder = `${attemptFolder(state.id, attempt.id)}/questions`;
  const entries = await deps.files.list(under(deps.paths.state, folder));
  const names = new Set(entries.map(({ name }) => name));
  const facts: Fact[] = [];
  const about = { task: attempt.task, attempt: attempt.id };
  for (const name of [...names].filter((one) => /^q\d{1,9}\.json$/.test(one)).toSorted(byNumber)) {
    const question = name.slice(0, -'.json'.length);
    const known = state.inbox.questions.get(questionItem(attempt.id, question));
    if (known === undefined) {
      const record = await readRecord(`${folder}/${name}`, deps);
      if (record !== null) facts.push(askedFact(record, { ...about, question }, deps.clock.now()));
    }
    if (known !== undefined && known.standing.kind !== 'open') continue;
    if (!names.has(`${question}.answer.json`)) continue;
    const answer = answerFact(await readRecord(`${folder}/${question}.answer.json`, deps), {
      ...about,
      question,
    });
    if (answer !== null) facts.push(answer);
  }
  for (const { question, standing, deadlineAtMs, ...asked } of state.inbox.questions.values()) {
    if (asked.attempt !== attempt.id || standing.kind !== 'open' || names.has(`${question}.json`)) continue;
    const because =
      deps.clock.now() >= deadlineAtMs ? 'nobody answered in time' : 'its agent does not ask any more';
    facts.push({ kind: 'question.withdrawn', ...about, question, because });
  }
  return facts;
}

interface About {
  readonly task: AttemptState['task'];
  readonly attempt: AttemptId;
  readonly question: string;
}

type Fields = Readonly<Record<string, unknown>>;

function askedFact(record: Fields, about: About, nowMs: number): Fact {
  const paths = Array.isArray(record['paths'])
    ? record['paths'].filter((one) => typeof one === 'string')
    : [];
  const askedAtMs = numberAt(record, 'asked_at_ms') ?? nowMs;
  return {
    kind: 'question.asked',
    ...about,
    what: textAt(record, 'what').slice(0, MAX_LINE),
    tool: textAt(record, 'kind').slice(0, MAX_LINE),
    title: textAt(record, 'title').slice(0, MAX_SHOWN_INPUT),
    input: textAt(record, 'input').slice(0, MAX_SHOWN_INPUT),
    paths: paths.slice(0, 100).map((path: string) => path.slice(0, MAX_LINE)),
    askedAtMs: Math.min(askedAtMs, nowMs),
    deadlineAtMs: numberAt(record, 'deadline_at_ms') ?? nowMs,
  };
}

/** null: it says nothing that can be understood. */
function answerFact(record: Fields | null, about: About): Fact | null {
  const answer = record?.['answer'];
  if (record === null || (answer !== 'allow' && answer !== 'deny')) return null;
  const message = textAt(record, 'message');
  return {
    kind: 'question.answered',
    ...about,
    answer,
    by: textAt(record, 'by').slice(0, 100) || 'a person',
    message: message === '' ? null : message.slice(0, MAX_SHOWN_INPUT),
    isDelivered: true,
  };
}

async function readRecord(path: string, { files, paths }: Files): Promise<Fields | null> {
  const text = await files.read(under(paths.state, path));
  if (text === null || text.length > MAX_FILE_CHARACTERS) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function textAt(record: Fields, name: string): string {
  const value = record[name];
  return typeof value === 'string' ? value : '';
}

function numberAt(record: Fields, name: string): number | null {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : null;
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a.slice(1), 10) - Number.parseInt(b.slice(1), 10);
}
