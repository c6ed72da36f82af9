/**
 * Questions to a person, as files in the folder of the attempt, so that whoever has them answered needs nothing of this
 * process. `q1.json` is the question; `q1.answer.json`, renamed into place, its answer:
 * `{"answer": "allow" | "deny", "by": "…", "message": "…"}`. A question without its file is over.
 */
import { type FSWatcher, mkdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Question } from '../../../formats/acp/requests.ts';

/** Repairs a notice of the file system that was lost, or that it does not give. */
const LOOK_AGAIN_MS = 2_000;
const MAX_ANSWER_BYTES = 100_000;

interface Waiting {
  readonly question: Question;
  readonly deadlineMs: number;
  readonly settle: (answer: Answer) => void;
}

export interface QuestionBoxOptions {
  readonly folder: string;
  /** After this a question counts as denied. */
  readonly answerMs: number;
  /** While a person is waited for, the attempt says so this often, or it would count as stalled. */
  readonly signMs: number;
  /** Masks what must not reach the disk. */
  readonly redact: (text: string) => string;
  /** Called now and then while anything is open. */
  readonly stillWaiting: (ids: readonly string[]) => void;
}

export class QuestionBox {
  readonly #options: QuestionBoxOptions;
  readonly #waiting = new Map<number, Waiting>();
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastSign = 0;

  constructor(options: QuestionBoxOptions) {
    this.#options = options;
  }

  /** `settle` is called once, unless the question is withdrawn before. */
  ask(ticket: number, question: Question, settle: (answer: Answer) => void): void {
    const { folder, answerMs, redact } = this.#options;
    const now = Date.now();
    const record = {
      version: 1,
      id: question.id,
      what: redact(question.what),
      kind: question.kind,
      title: redact(question.title),
      input: redact(question.input),
      paths: question.paths.map(redact),
      answers: ['allow', 'deny'],
      asked_at_ms: now,
      deadline_at_ms: now + answerMs,
    };
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // What was there before the question is no answer to it.
      rmSync(join(folder, `${question.id}.answer.json`), { force: true });
      const temporary = join(folder, `.${question.id}.${process.pid}`);
      writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
      renameSync(temporary, join(folder, `${question.id}.json`));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      settle({ kind: 'deny', why: `the question could not be written: ${why}` });
      return;
    }
    this.#waiting.set(ticket, { question, deadlineMs: performance.now() + answerMs, settle });
    this.#lastSign = performance.now();
    this.#watch();
    this.#look();
  }

  withdraw(ticket: number): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    rmSync(join(this.#options.folder, `${waiting.question.id}.json`), { force: true });
    this.#forget(ticket);
  }

  close(): void {
    for (const ticket of this.#waiting.keys()) this.withdraw(ticket);
    this.#rest();
  }

  #watch(): void {
    const everyMs = Math.min(LOOK_AGAIN_MS, this.#options.signMs);
    this.#timer ??= setInterval(() => {
      this.#look();
    }, everyMs);
    if (this.#watcher !== null) return;
    try {
      this.#watcher = watch(this.#options.folder, () => {
        this.#look();
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      // Too many watches on this machine: the timer looks.
    }
  }

  #look(): void {
    const now = performance.now();
    for (const [ticket, waiting] of this.#waiting) {
      const answer = this.#answerTo(waiting.question.id);
      if (answer !== null) {
        this.#forget(ticket);
        waiting.settle(answer);
      } else if (now >= waiting.deadlineMs) {
        this.withdraw(ticket);
        waiting.settle({
          kind: 'deny',
          why: `nobody answered within ${Math.round(this.#options.answerMs / 1_000)} s`,
        });
      }
    }
    if (this.#waiting.size === 0 || now - this.#lastSign < this.#options.signMs) return;
    this.#lastSign = now;
    this.#options.stillWaiting([...this.#waiting.values()].map(({ question }) => question.id));
  }

  /** null: none yet, or one that says nothing that can be understood. */
  #answerTo(id: string): Answer | null {
    try {
      const text = readFileSync(join(this.#options.folder, `${id}.answer.json`), 'utf8');
      if (text.length > MAX_ANSWER_BYTES) return null;
      const record = JSON.parse(text) as { readonly [name: string]: unknown } | null;
      const by = typeof record?.['by'] === 'string' ? record['by'].slice(0, 100) : 'a person';
      const message = typeof record?.['message'] === 'string' ? `: ${record['message'].slice(0, 500)}` : '';
      if (record?.['answer'] === 'allow') return { kind: 'allow', by };
      return record?.['answer'] === 'deny' ? { kind: 'deny', why: `denied by ${by}${message}` } : null;
    } catch {
      return null;
    }
  }

  #forget(ticket: number): void {
    this.#waiting.delete(ticket);
    if (this.#waiting.size === 0) this.#rest();
  }

  #rest(): void {
    this.#watcher?.close();
    this.#watcher = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
