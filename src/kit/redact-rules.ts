/**
 * What a secret looks like: a fixed prefix followed by at least `min` bytes of a class. All rules but literals need a
 * byte before them that cannot be part of a token, so `task-` is not read as the `sk-` of a key.
 */
export interface RedactRule {
  readonly kind: 'literal' | 'token' | 'url-password' | 'private-key';
  readonly prefix: Uint8Array;
  /** 256 entries, 1 = belongs to the token's body. */
  readonly body: Uint8Array;
  readonly min: number;
  /** A byte the body must hold, or -1. */
  readonly needs: number;
}

const WORD = byteClass('A-Za-z0-9_-');
const WORD_DOT = byteClass('A-Za-z0-9_.-');
const ALNUM = byteClass('A-Za-z0-9');
const HEADER = byteClass('A-Za-z0-9._~+/=-');
/** Base64 and line ends, plain or as JSON writes them. */
const PEM_BODY = byteClass('A-Za-z0-9+/=\\s\\\\');
/** What may stand between `://` and `@`; everything else ends the search for a password. */
const URL_AUTHORITY = byteClass("A-Za-z0-9._~!$&()*+,;=:%'-");

const TOKENS: readonly (readonly [prefix: string, body: Uint8Array, min: number, needs?: string])[] = [
  ['sk-', WORD, 20],
  ['sk_live_', ALNUM, 16],
  ['sk_test_', ALNUM, 16],
  ['rk_live_', ALNUM, 16],
  ['rk_test_', ALNUM, 16],
  ['whsec_', ALNUM, 16],
  ['ghp_', ALNUM, 30],
  ['gho_', ALNUM, 30],
  ['ghu_', ALNUM, 30],
  ['ghs_', WORD_DOT, 30],
  ['ghr_', ALNUM, 30],
  ['github_pat_', WORD, 22],
  ['glpat-', WORD_DOT, 20],
  ['gldt-', WORD, 20],
  ['glrt-', WORD_DOT, 20],
  ['glcbt-', WORD, 20],
  ['AKIA', ALNUM, 16],
  ['ASIA', ALNUM, 16],
  ['AIza', WORD, 35],
  ['ya29.', WORD_DOT, 20],
  ['xoxb-', WORD, 20],
  ['xoxp-', WORD, 20],
  ['xoxa-', WORD, 20],
  ['xoxr-', WORD, 20],
  ['xoxs-', WORD, 20],
  ['xapp-', WORD, 20],
  ['npm_', ALNUM, 36],
  ['pypi-', WORD, 50],
  ['SG.', WORD_DOT, 40],
  ['hf_', ALNUM, 30],
  ['r8_', ALNUM, 30],
  ['gsk_', ALNUM, 40],
  ['xai-', WORD, 40],
  ['pplx-', ALNUM, 40],
  ['dop_v1_', ALNUM, 60],
  ['shpat_', ALNUM, 30],
  ['lin_api_', ALNUM, 30],
  ['figd_', WORD, 30],
  ['AGE-SECRET-KEY-1', ALNUM, 50],
  ['eyJ', WORD_DOT, 40, '.'],
  ['Bearer ', HEADER, 20],
  ['bearer ', HEADER, 20],
  ['Basic ', HEADER, 24],
];

/** Rules for the given values (shorter than 6 bytes: ignored) in the forms they take in text and JSON, and for known tokens. */
export function redactRules(secrets: readonly string[]): readonly RedactRule[] {
  const literals = new Set(secrets.flatMap(writtenForms));
  return [
    ...[...literals]
      .map((value) => rule('literal', value, WORD, 0, -1))
      .filter((made) => made.prefix.length >= 6),
    ...TOKENS.map(([prefix, body, min, needs]) =>
      rule('token', prefix, body, min, needs === undefined ? -1 : needs.charCodeAt(0)),
    ),
    rule('url-password', '://', URL_AUTHORITY, 0, -1),
    rule('private-key', '-----BEGIN ', PEM_BODY, 0, -1),
  ];
}

/** True for bytes that may be the end of a longer word, so that no token can begin after them. */
export function isTokenByte(byte: number): boolean {
  return WORD[byte] === 1;
}

/** The value itself, as JSON writes it inside a string, and as a URL does. */
function writtenForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  // `encodeURIComponent` throws on a lone surrogate.
  return /[\uD800-\uDFFF]/u.test(value) ? [value, json] : [value, json, encodeURIComponent(value)];
}

function rule(
  kind: RedactRule['kind'],
  prefix: string,
  body: Uint8Array,
  min: number,
  needs: number,
): RedactRule {
  return { kind, prefix: new TextEncoder().encode(prefix), body, min, needs };
}

function byteClass(ranges: string): Uint8Array {
  const pattern = new RegExp(`[${ranges}]`);
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 128 && pattern.test(String.fromCharCode(byte)) ? 1 : 0,
  );
}
