import { describe, expect, test } from 'vitest';
import { Redactor, redactText } from './redact.ts';

const SECRET = 'pa"ss\nwörd-123';
const JWT = `eyJ${'hbGciOiJIUzI1NiJ9'.repeat(2)}.${'c3ViIjoiMSJ9'.repeat(3)}.sig_-abc`;
const KEY = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEA/+0\n'.repeat(20)}-----END RSA PRIVATE KEY-----`;

const shown: readonly (readonly [name: string, text: string])[] = [
  [
    'a word that ends like a key prefix',
    'a task-implementation-of-the-long-thing risk-assessment-of-everything-here',
  ],
  ['a short key-like word', 'sk-short ghp_x AKIA eyJ'],
  ['base64 without dots', `{"d":"eyJ${'a'.repeat(300)}"}`],
  ['an ordinary URL', 'see https://example.org:8080/a@b?c=d'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
  ['the first half of a secret', 'pa"ss\nwör'],
];

const hidden: readonly (readonly [name: string, secret: string])[] = [
  ['a given value', SECRET],
  ['its JSON form', JSON.stringify(SECRET).slice(1, -1)],
  ['its URL form', encodeURIComponent(SECRET)],
  ['an Anthropic key', `sk-ant-api03-${'aB3_'.repeat(20)}`],
  ['an OpenAI key', `sk-proj-${'Zz9-'.repeat(20)}`],
  ['a GitHub token', `ghp_${'a1B2'.repeat(9)}`],
  ['a fine-grained GitHub token', `github_pat_${'11ABCDEFG0_'.repeat(4)}`],
  ['a GitLab token', `glpat-${'x9_-'.repeat(5)}`],
  ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
  ['a Google key', `AIza${'Sy0-_'.repeat(7)}`],
  ['a Slack token', 'xoxb-123456789012-abcdefABCDEF'],
  ['an npm token', `npm_${'q'.repeat(36)}`],
  ['a JSON web token', JWT],
  ['an authorization header', 'Bearer abcdefghijklmnopqrstuvwxyz012345'],
  ['a password in a URL', '://user:hunter2-hunter2@'],
  ['a private key', KEY],
  ['a token of 200 kB', `sk-${'k'.repeat(200_000)}`],
];

describe('redaction', () => {
  test.each(shown)('leaves %s alone', (_name, text) => {
    expect(redactText(text, [SECRET])).toBe(text);
  });

  test.each(hidden)('replaces %s', (_name, secret) => {
    expect(redactText(`before ${secret} after`, [SECRET])).toBe('before *** after');
    expect(redactText(`x="${secret}"`, [SECRET])).toBe('x="***"');
    expect(redactText(secret, [SECRET])).toBe('***');
  });

  test.each(hidden.filter(([, secret]) => secret.length < 1_000))(
    'replaces %s when it is split at any two bytes',
    (_name, secret) => {
      const bytes = new TextEncoder().encode(`{"a":"${secret}"} tail`);
      for (let cut = 0; cut <= bytes.length; cut += 1)
        expect(through([SECRET], bytes.subarray(0, cut), bytes.subarray(cut))).toBe('{"a":"***"} tail');
      expect(through([SECRET], ...[...bytes].map((byte) => Uint8Array.of(byte)))).toBe('{"a":"***"} tail');
    },
  );

  test('replaces overlapping secrets together, at every split', () => {
    const bytes = new TextEncoder().encode('>>abcdefghijkl<< sk-aaaaaaaaaaaaaaaaaaaaSECRET+tail<<');
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(
        through(['abcdefgh', 'efghijkl', 'SECRET+tail'], bytes.subarray(0, cut), bytes.subarray(cut)),
      ).toBe('>>***<< ***<<');
  });

  test('passes any bytes unchanged that hold no secret', () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 131 + (index >> 8) * 17) & 255);
    const redactor = new Redactor([SECRET]);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 777) parts.push(...redactor.push(bytes.subarray(at, at + 777)));
    parts.push(...redactor.end());
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });

  test('ignores values shorter than six bytes', () => {
    expect(redactText('yes no true', ['yes', 'no', 'true', ''])).toBe('yes no true');
  });

  test('does not keep the caller’s buffer', () => {
    const redactor = new Redactor(['abcdefgh']);
    const buffer = new TextEncoder().encode('xxabcd');
    const first = Buffer.concat(redactor.push(buffer)).toString();
    buffer.fill(0);
    expect(
      first +
        Buffer.concat([...redactor.push(new TextEncoder().encode('efgh!')), ...redactor.end()]).toString(),
    ).toBe('xx***!');
  });
});

function through(secrets: readonly string[], ...chunks: readonly Uint8Array[]): string {
  const redactor = new Redactor(secrets);
  const parts = chunks.flatMap((chunk) => redactor.push(chunk).map((part) => part.slice()));
  return Buffer.concat([...parts, ...redactor.end()]).toString();
}
