import { assertNever } from './assert.ts';
import { isTokenByte, redactRules, type RedactRule } from './redact-rules.ts';

const STARS = Uint8Array.of(42, 42, 42);
const EMPTY = new Uint8Array(0);
const NO = -1;
const MORE = -2;
/** A JSON web token without a `.` in this many bytes is not one; bounds what is held back. */
const NEEDS_WITHIN = 4_096;
const URL_AUTHORITY_MAX = 512;
/** A private key longer than this is not one; bounds what is held back. */
const PRIVATE_KEY_MAX = 16_384;
const PRIVATE_KEY_HEADER_MAX = 64;
const AT = 64;
const COLON = 58;
const NEWLINE = 10;
const NO_BYTE = 32;

/**
 * Replaces secrets in a byte stream by `***`, also when a secret is split over any number of chunks. Bytes that are no
 * part of a secret pass unchanged, whatever their encoding.
 *
 * One pass: a table over byte pairs finds where some rule could begin, the rule decides. A place where it cannot be
 * decided yet is held back until the next chunk, so the last few bytes may come out late; what is held is bounded by the
 * longest secret (or 16 kB). Overlapping matches are replaced together.
 */
export class Redactor {
  readonly #byPair: ReadonlyMap<number, readonly RedactRule[]>;
  readonly #pairs: Uint8Array;
  readonly #first: Uint8Array;
  #held: Uint8Array = EMPTY;
  /** Leading bytes of `held` that belong to a match whose stars are already out. */
  #overlap = 0;
  /** A match that reached the end of its chunk and goes on with the next. */
  #open: RedactRule | null = null;
  #previous = NO_BYTE;

  constructor(secrets: readonly string[]) {
    this.#pairs = new Uint8Array(65_536);
    this.#first = new Uint8Array(256);
    const byPair = new Map<number, RedactRule[]>();
    for (const rule of redactRules(secrets)) {
      const pair = pairAt(rule.prefix, 0);
      this.#pairs[pair] = 1;
      this.#first[pair >> 8] = 1;
      byPair.set(pair, [...(byPair.get(pair) ?? []), rule]);
    }
    this.#byPair = byPair;
  }

  /** What is certain so far; the result may share memory with `chunk`. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    return this.#scan(join(this.#held, chunk), false);
  }

  /** The rest; the redactor may be used again as for a new stream. */
  end(): readonly Uint8Array[] {
    const rest = this.#scan(this.#held, true);
    this.#open = null;
    this.#previous = NO_BYTE;
    return rest;
  }

  #scan(bytes: Uint8Array, isFinal: boolean): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    const length = bytes.length;
    const pairs = this.#pairs;
    let until = Math.max(this.#overlap, this.#continueOpen(bytes));
    let plain = until;
    let at = 0;
    for (; at < length; at += 1) {
      if (at + 1 < length ? pairs[pairAt(bytes, at)] === 0 : isFinal || this.#first[byteAt(bytes, at)] === 0)
        continue;
      const end = at + 1 < length ? this.#matchAt(bytes, at, isFinal) : MORE;
      if (end === MORE) break;
      if (end === NO) continue;
      if (at > until || until === 0) {
        if (at > plain) out.push(bytes.subarray(plain, at));
        out.push(STARS);
      }
      if (end > until) until = end;
      plain = until;
    }
    if (at > plain) out.push(bytes.subarray(plain, at));
    if (at > 0) this.#previous = byteAt(bytes, at - 1);
    this.#overlap = Math.max(0, until - at);
    // A copy, because the caller may reuse its buffer.
    this.#held = at < length ? bytes.slice(at) : EMPTY;
    return out;
  }

  /** End of the longest match that begins at `at`, NO, or MORE when later bytes decide. */
  #matchAt(bytes: Uint8Array, at: number, isFinal: boolean): number {
    let best = NO;
    let open: RedactRule | null = null;
    const before = at > 0 ? byteAt(bytes, at - 1) : this.#previous;
    for (const rule of this.#byPair.get(pairAt(bytes, at)) ?? []) {
      if (rule.kind === 'token' && isTokenByte(before)) continue;
      const end = matchRule(rule, bytes, at, isFinal);
      if (end === MORE) return MORE;
      if (end <= best) continue;
      best = end;
      open = rule.kind === 'token' && end === bytes.length && !isFinal ? rule : null;
    }
    if (open !== null) this.#open = open;
    return best;
  }

  /** How many leading bytes still belong to the match of the chunk before. */
  #continueOpen(bytes: Uint8Array): number {
    if (this.#open === null) return 0;
    const end = runEnd(this.#open, bytes, 0);
    if (end < bytes.length) this.#open = null;
    return end;
  }
}

/** `text` with every secret and known token replaced by `***`. */
export function redactText(text: string, secrets: readonly string[]): string {
  const redactor = new Redactor(secrets);
  const parts = [...redactor.push(new TextEncoder().encode(text)), ...redactor.end()];
  return new TextDecoder().decode(parts.reduce(join, EMPTY));
}

function matchRule(rule: RedactRule, bytes: Uint8Array, at: number, isFinal: boolean): number {
  const { prefix } = rule;
  const compared = Math.min(prefix.length, bytes.length - at);
  for (let index = 2; index < compared; index += 1) if (bytes[at + index] !== prefix[index]) return NO;
  if (compared < prefix.length) return isFinal ? NO : MORE;
  const bodyAt = at + prefix.length;
  switch (rule.kind) {
    case 'literal':
      return bodyAt;
    case 'token':
      return matchToken(rule, bytes, bodyAt, isFinal);
    case 'url-password':
      return matchUrlPassword(rule, bytes, bodyAt, isFinal);
    case 'private-key':
      return matchPrivateKey(rule, bytes, bodyAt, isFinal);
    default:
      return assertNever(rule.kind);
  }
}

function matchToken(rule: RedactRule, bytes: Uint8Array, from: number, isFinal: boolean): number {
  const end = runEnd(rule, bytes, from);
  const isCut = end === bytes.length && !isFinal;
  if (end - from < rule.min) return isCut ? MORE : NO;
  if (rule.needs < 0) return end;
  const found = bytes.subarray(from, Math.min(end, from + NEEDS_WITHIN)).includes(rule.needs);
  if (found) return end;
  return isCut && end - from < NEEDS_WITHIN ? MORE : NO;
}

/** `://user:password@` is replaced from `://` on: the user part of a git URL is often the token itself. */
function matchUrlPassword(rule: RedactRule, bytes: Uint8Array, from: number, isFinal: boolean): number {
  let hasColon = false;
  const limit = Math.min(bytes.length, from + URL_AUTHORITY_MAX);
  for (let at = from; at < limit; at += 1) {
    const byte = byteAt(bytes, at);
    if (byte === AT) return hasColon ? at + 1 : NO;
    if (byte === COLON) hasColon = true;
    else if (rule.body[byte] === 0) return NO;
  }
  return limit === bytes.length && !isFinal && limit - from < URL_AUTHORITY_MAX ? MORE : NO;
}

function matchPrivateKey(rule: RedactRule, bytes: Uint8Array, from: number, isFinal: boolean): number {
  const isOpen = !isFinal && bytes.length - from < PRIVATE_KEY_MAX;
  const dashes = indexOfText(bytes, '-----', from, PRIVATE_KEY_HEADER_MAX);
  if (dashes < 0) return !isFinal && bytes.length - from < PRIVATE_KEY_HEADER_MAX ? MORE : NO;
  if (indexOfText(bytes, 'PRIVATE KEY', from, dashes - from) < 0) return NO;
  const end = indexOfText(bytes, 'KEY-----', dashes + 5, PRIVATE_KEY_MAX);
  if (end >= 0) return end + 8;
  return isOpen ? MORE : runEnd(rule, bytes, dashes + 5);
}

function runEnd(rule: RedactRule, bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && rule.body[byteAt(bytes, at)] === 1) at += 1;
  return at;
}

function indexOfText(bytes: Uint8Array, text: string, from: number, within: number): number {
  const last = Math.min(bytes.length - text.length, from + within);
  for (let at = from; at <= last; at += 1) {
    let matched = 0;
    while (matched < text.length && bytes[at + matched] === text.charCodeAt(matched)) matched += 1;
    if (matched === text.length) return at;
  }
  return -1;
}

function pairAt(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? NEWLINE;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
