import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readVerdict } from './read-verdict.ts';
import { VERDICT_SCHEMA } from './verdict-schema.ts';

const GOOD = {
  commit: 'ABCDEF0123456789',
  score: 7,
  summary: 'mostly\n fine',
  findings: [{ severity: 'Major', file: './src/a.ts', line: 12, title: ' off  by\none ', detail: 'see' }],
  earlier: [{ id: 'F1', status: 'resolved' }],
};
const TEXT = JSON.stringify(GOOD);
const READ = {
  commit: 'abcdef0123456789',
  score: 7,
  summary: 'mostly fine',
  findings: [{ severity: 'major', file: 'src/a.ts', line: 12, title: 'off by one', detail: 'see' }],
  earlier: [{ id: 'F1', status: 'resolved' }],
};

test.each([
  ['alone', TEXT],
  ['fenced', `Here it is:\n\`\`\`json\n${JSON.stringify(GOOD, null, 2)}\n\`\`\`\nDone.`],
  ['in a line of a log', `12:00 verdict ${TEXT} end`],
  ['after another object', `{"score": "none"} and then ${TEXT}`],
  ['before an object that is none', `${TEXT}\n{"usage": {"tokens": 12}}`],
  ['with braces and quotes in its texts', TEXT.replace('see', String.raw`if (x) { \"}\" } `)],
])('is read %s', (_, text) => {
  const reading = readVerdict([text]);
  expect(reading).toMatchObject({ kind: 'read', verdict: { ...READ, findings: [{ title: 'off by one' }] } });
});

test('the last one counts, and the likeliest place goes first', () => {
  const second = TEXT.replace('"score":7', '"score":3');
  expect(readVerdict([`${TEXT}\n${second}`])).toMatchObject({ verdict: { score: 3 } });
  expect(readVerdict([second, TEXT])).toMatchObject({ verdict: { score: 3 } });
  expect(readVerdict(['nothing here', TEXT])).toMatchObject({ verdict: { score: 7 } });
});

test.each([
  ['words alone', '10/10, ship it', /no JSON object/],
  ['a score out of range', TEXT.replace('"score":7', '"score":11'), /whole number from 1 to 10/],
  ['a half score', TEXT.replace('"score":7', '"score":9.5'), /whole number/],
  ['a score as text', TEXT.replace('"score":7', '"score":"7"'), /"score" is not as asked for/],
  ['a severity of its own', TEXT.replace('Major', 'catastrophe'), /"severity"/],
  ['a finding without words', TEXT.replace(' off  by\\none ', '  '), /"title"/],
  ['one among other words without the commit', `Fine. ${TEXT.replace('"commit"', '"sha"')}`, /"commit"/],
  ['no list of findings', TEXT.replace('"findings"', '"issues"'), /"findings"/],
])('%s is no verdict', (_, text, why) => {
  const reading = readVerdict([text]);
  expect(reading).toMatchObject({ kind: 'unreadable', why: expect.stringMatching(why) as string });
});

test('an answer that is the verdict and nothing else need not name the commit', () => {
  const bare = JSON.stringify({ score: 9, findings: [] });
  const read = { kind: 'read', verdict: { commit: null, score: 9, findings: [], earlier: [] } };
  expect(readVerdict([bare])).toMatchObject(read);
  expect(readVerdict([`\`\`\`json\n${bare}\n\`\`\`\n`])).toMatchObject(read);
  expect(readVerdict([`the change says\n\`\`\`json\n${bare}\n\`\`\``])).toMatchObject({ kind: 'unreadable' });
});

test.each(['../../etc/passwd', '/etc/passwd', '', 'C:\\x'])('%j is no place in the tree', (file) => {
  const reading = readVerdict([JSON.stringify({ ...GOOD, findings: [{ ...GOOD.findings[0], file }] })]);
  expect(reading).toMatchObject({ verdict: { findings: [{ file: null, line: null }] } });
});

test('never throws and never hangs, whatever became of the text', () => {
  const cut = fc
    .tuple(fc.nat(TEXT.length), fc.nat(TEXT.length), fc.string({ unit: 'binary', maxLength: 30 }))
    .map(([at, length, junk]) => TEXT.slice(0, at) + junk + TEXT.slice(at + length));
  const nested = fc.nat(30_000).map((depth) => '{"score":'.repeat(depth));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(cut, nested, fc.json(), fc.string({ unit: 'binary' })), { maxLength: 3 }),
      (texts) => {
        const reading = readVerdict(texts);
        if (reading.kind === 'unreadable') return;
        expect(reading.verdict.score).toBeGreaterThanOrEqual(1);
        expect(reading.verdict.score).toBeLessThanOrEqual(10);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('the schema asks for every key and for no others, as strict clients want it', () => {
  const visit = (schema: Record<string, unknown>): void => {
    const properties = schema['properties'] as Record<string, Record<string, unknown>> | undefined;
    if (properties !== undefined) {
      expect(schema['required']).toEqual(Object.keys(properties));
      expect(schema['additionalProperties']).toBe(false);
      for (const one of Object.values(properties)) visit(one);
    }
    if (schema['items'] !== undefined) visit(schema['items'] as Record<string, unknown>);
  };
  visit(JSON.parse(VERDICT_SCHEMA) as Record<string, unknown>);
  expect(VERDICT_SCHEMA).not.toContain('\n');
});
