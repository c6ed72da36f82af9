/**
 * How an event is checked and spelled before it is hashed and stored. Every store uses this, so the chain of hashes is
 * the same on all of them. Hashing itself is done by the store: `hash = sha256(previous hash, '\n', envelope text)`.
 */
import { canonicalJson, NotJsonError } from '../../kit/canonical-json.ts';
import { Failure } from '../../kit/failure.ts';

/** Bytes of one event's canonical data as UTF-8. Logs, diffs and transcripts are files, never events. */
export const MAX_EVENT_BYTES = 1024 * 1024;

/** The `previous hash` of event 1. */
export const GENESIS_HASH = '0'.repeat(64);

const MAX_NAME_LENGTH = 200;

/** An event whose data was proven to round-trip; `dataText` is what is stored and hashed. */
export interface PreparedEvent {
  readonly kind: string;
  readonly run: string | null;
  readonly version: number;
  readonly dataText: string;
}

/** Failure `event-not-json`, `event-too-large` or `event-malformed`; unknown kinds are fine. */
export function prepareEvent(event: {
  readonly kind: string;
  readonly run: string | null;
  readonly version?: number;
  readonly data: unknown;
}): PreparedEvent {
  const version = event.version ?? 1;
  if (!isName(event.kind) || (event.run !== null && !isName(event.run))) {
    throw new Failure('event-malformed', `event kind or run is not a name: ${JSON.stringify(event.kind)}`);
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new Failure('event-malformed', `version of ${event.kind} is not a positive integer`);
  }
  const dataText = dataTextOf(event.kind, event.data);
  const sizeBytes = utf8Length(dataText);
  if (sizeBytes > MAX_EVENT_BYTES) {
    throw new Failure(
      'event-too-large',
      `event ${event.kind} has ${sizeBytes} bytes, the limit is ${MAX_EVENT_BYTES}`,
      { hint: 'write the content to a file of the run and record its path' },
    );
  }
  return { kind: event.kind, run: event.run, version, dataText };
}

/** Canonical JSON of the whole event but its hash; `dataText` must be canonical already. */
export function envelopeText(
  event: PreparedEvent,
  place: { seq: number; epoch: number; atMs: number },
): string {
  return (
    `{"at_ms":${JSON.stringify(place.atMs)},"data":${event.dataText},"epoch":${place.epoch},` +
    `"kind":${JSON.stringify(event.kind)},"run":${JSON.stringify(event.run)},` +
    `"seq":${place.seq},"version":${event.version}}`
  );
}

function dataTextOf(kind: string, data: unknown): string {
  try {
    return canonicalJson(data);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    throw new Failure('event-not-json', `data of ${kind} is not JSON: ${error.message}`, { cause: error });
  }
}

/** 1..200 characters, no control characters and no lone surrogates: survives every database and terminal. */
function isName(text: string): boolean {
  if (typeof text !== 'string' || text.length === 0 || text.length > MAX_NAME_LENGTH) return false;
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Canonical text has no lone surrogates, and each half of a pair stands for two of its four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
