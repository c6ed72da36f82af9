/**
 * What an agent asks of its client: may I, read this, write that. Each request is answered exactly once; one that needs the
 * world gets a ticket and is answered when the outcome comes back under it.
 */
import type { AgentEvent } from '../../core/agents/events.ts';
import { type AcpPermission, rulingOn, type Wish } from '../../core/agents/permissions.ts';
import { assertNever } from '../../kit/assert.ts';
import { asMap, type Fields, listAt, mapAt, numberAt, oneLine, textAt } from '../agent-streams/fields.ts';
import type { Call } from './updates.ts';
import { kept, type Message, RPC, type RequestId } from './wire.ts';

/** Requests that wait for an outcome at the same time; a further one is refused. */
const MAX_OPEN = 200;
/** Questions to a person in one turn; what is asked after that is denied. */
const MAX_QUESTIONS = 100;

export interface Question {
  readonly id: string;
  readonly what: string;
  readonly kind: string;
  readonly paths: readonly string[];
  /** Whole, so that a person sees what is allowed. */
  readonly title: string;
  readonly input: string;
}

export type Answer =
  { readonly kind: 'allow'; readonly by: string } | { readonly kind: 'deny'; readonly why: string };

export type FileAnswer =
  | { readonly kind: 'content'; readonly text: string }
  | { readonly kind: 'written' }
  | { readonly kind: 'refused'; readonly why: string; readonly isAbsent: boolean };

/** Each is answered by the input of its name, but for `withdraw`. */
export type RequestEffect =
  /** Which of the paths do not lie in the worktree. */
  | { readonly kind: 'judge'; readonly ticket: number; readonly paths: readonly string[] }
  | { readonly kind: 'ask'; readonly ticket: number; readonly question: Question }
  /** The question needs no answer any more. */
  | { readonly kind: 'withdraw'; readonly ticket: number }
  | {
      readonly kind: 'read';
      readonly ticket: number;
      readonly path: string;
      /** First line, from 1, and number of lines; null: all. */
      readonly line: number | null;
      readonly limit: number | null;
    }
  | { readonly kind: 'write'; readonly ticket: number; readonly path: string; readonly content: string };

type OwnEffect =
  | RequestEffect
  | { readonly kind: 'send'; readonly message: Fields }
  | { readonly kind: 'emit'; readonly event: AgentEvent };

interface Option {
  readonly id: string;
  readonly kind: string;
}

type Open =
  | {
      readonly kind: 'permission';
      readonly id: RequestId;
      readonly wish: Wish;
      readonly options: readonly Option[];
      readonly isAsked: boolean;
    }
  | { readonly kind: 'file'; readonly id: RequestId; readonly path: string };

export class Requests {
  readonly #policy: AcpPermission;
  readonly #push: (effect: OwnEffect) => void;
  readonly #open = new Map<number, Open>();
  #lastTicket = 0;
  #questions = 0;
  #isCancelled = false;

  constructor(policy: AcpPermission, push: (effect: OwnEffect) => void) {
    this.#policy = policy;
    this.#push = push;
  }

  /** Where a person or the plan decides about writing, the agent writes by itself after it has asked. */
  get mayWrite(): boolean {
    return this.#policy === 'edit' || this.#policy === 'full';
  }

  take(request: Extract<Message, { kind: 'request' }>, callOf: (toolCall: Fields) => Call): void {
    const { id, method, params } = request;
    switch (method) {
      case 'session/request_permission':
        return this.#permission(id, params, callOf);
      case 'fs/read_text_file':
        return this.#read(id, params);
      case 'fs/write_text_file':
        return this.#write(id, params);
      default:
        return this.refuse(id, RPC.methodNotFound, `method not found: ${oneLine(method)}`);
    }
  }

  judged(ticket: number, outside: readonly string[]): void {
    const open = this.#open.get(ticket);
    if (open?.kind !== 'permission' || open.isAsked) return;
    const ruling = rulingOn(this.#policy, open.wish, outside);
    switch (ruling.kind) {
      case 'allow':
        return this.#rule(ticket, open, { kind: 'allow', by: 'policy' });
      case 'deny':
        return this.#rule(ticket, open, ruling);
      case 'ask':
        return this.#ask(ticket, open);
      default:
        return assertNever(ruling);
    }
  }

  answered(ticket: number, answer: Answer): void {
    const open = this.#open.get(ticket);
    if (open?.kind !== 'permission' || !open.isAsked) return;
    if (answer.kind === 'allow')
      this.#push({ kind: 'emit', event: { kind: 'other', text: `allowed by ${answer.by}` } });
    this.#rule(ticket, open, answer);
  }

  file(ticket: number, answer: FileAnswer): void {
    const open = this.#open.get(ticket);
    if (open?.kind !== 'file') return;
    this.#open.delete(ticket);
    switch (answer.kind) {
      case 'content':
        return this.#reply(open.id, { content: answer.text });
      case 'written':
        return this.#reply(open.id, {});
      case 'refused':
        if (!answer.isAbsent) this.#denied(`${open.path}: ${answer.why}`);
        return this.refuse(open.id, answer.isAbsent ? RPC.notFound : RPC.invalidParams, answer.why);
      default:
        return assertNever(answer);
    }
  }

  /** Whoever waits for a permission is told that the turn is over, as the protocol wants it. */
  cancel(): void {
    this.#isCancelled = true;
    for (const [ticket, open] of this.#open) {
      if (open.kind !== 'permission') continue;
      this.#open.delete(ticket);
      if (open.isAsked) this.#push({ kind: 'withdraw', ticket });
      this.#reply(open.id, { outcome: { outcome: 'cancelled' } });
    }
  }

  refuse(id: RequestId, code: number, message: string): void {
    this.#push({ kind: 'send', message: { jsonrpc: '2.0', id, error: { code, message } } });
  }

  #permission(id: RequestId, params: Fields, callOf: (toolCall: Fields) => Call): void {
    const options = listAt(params, 'options').flatMap((one): Option[] => {
      const option = asMap(one) ?? {};
      const optionId = textAt(option, 'optionId');
      return optionId === null ? [] : [{ id: optionId, kind: textAt(option, 'kind') ?? '' }];
    });
    if (this.#isCancelled) return this.#reply(id, { outcome: { outcome: 'cancelled' } });
    if (options.length === 0) return this.refuse(id, RPC.invalidParams, 'options are missing');
    const { kind, title, name, paths, input } = callOf(mapAt(params, 'toolCall'));
    const wish: Wish = { kind, title: kept(title === '' ? name : title), paths, input };
    const ticket = this.#openTicket({ kind: 'permission', id, wish, options, isAsked: false });
    if (ticket !== null) this.#push({ kind: 'judge', ticket, paths });
  }

  #ask(ticket: number, open: Extract<Open, { kind: 'permission' }>): void {
    this.#questions += 1;
    if (this.#questions > MAX_QUESTIONS)
      return this.#rule(ticket, open, { kind: 'deny', why: 'too many questions were asked in this turn' });
    this.#open.set(ticket, { ...open, isAsked: true });
    const { kind, title, paths, input } = open.wish;
    const id = `q${this.#questions}`;
    const what = `${kind}: ${oneLine(title)}`;
    this.#push({ kind: 'ask', ticket, question: { id, what, kind, title, input, paths } });
    // Told when it is there to be answered.
    this.#push({ kind: 'emit', event: { kind: 'ask', id, what } });
  }

  #rule(ticket: number, open: Extract<Open, { kind: 'permission' }>, answer: Answer): void {
    this.#open.delete(ticket);
    if (answer.kind === 'deny') this.#denied(`${open.wish.kind}: ${oneLine(open.wish.title)}: ${answer.why}`);
    // Once before always: what an agent remembers it may write into the worktree, or into the user's settings.
    const wanted =
      answer.kind === 'allow' ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always'];
    const option = wanted.flatMap((kind) => open.options.find((one) => one.kind === kind) ?? [])[0];
    const outcome =
      option === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: option.id };
    this.#reply(open.id, { outcome });
  }

  #read(id: RequestId, params: Fields): void {
    const path = textAt(params, 'path');
    if (path === null || path === '') return this.refuse(id, RPC.invalidParams, 'path is missing');
    const ticket = this.#openTicket({ kind: 'file', id, path });
    if (ticket === null) return;
    const [line, limit] = [numberAt(params, 'line'), numberAt(params, 'limit')];
    this.#push({ kind: 'read', ticket, path, line: positive(line), limit: positive(limit) });
  }

  #write(id: RequestId, params: Fields): void {
    const path = textAt(params, 'path');
    const content = textAt(params, 'content');
    if (path === null || path === '') return this.refuse(id, RPC.invalidParams, 'path is missing');
    if (content === null) return this.refuse(id, RPC.invalidParams, 'content is missing');
    if (!this.mayWrite) {
      this.#denied(`write: ${oneLine(path)}: writing through the client was not offered`);
      return this.refuse(id, RPC.methodNotFound, 'writing was not offered');
    }
    const ticket = this.#openTicket({ kind: 'file', id, path: oneLine(path) });
    if (ticket !== null) this.#push({ kind: 'write', ticket, path, content });
  }

  /** null: too many are open, and the request was answered with that. */
  #openTicket(open: Open): number | null {
    if (this.#open.size >= MAX_OPEN) {
      this.refuse(open.id, RPC.internal, `more than ${MAX_OPEN} requests wait for an answer`);
      return null;
    }
    this.#lastTicket += 1;
    this.#open.set(this.#lastTicket, open);
    return this.#lastTicket;
  }

  #reply(id: RequestId, result: Fields): void {
    this.#push({ kind: 'send', message: { jsonrpc: '2.0', id, result } });
  }

  #denied(what: string): void {
    this.#push({ kind: 'emit', event: { kind: 'denied', what } });
  }
}

function positive(value: number | null): number | null {
  return value !== null && value >= 0 ? Math.floor(value) : null;
}
