import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JUNIT_FIELDS, readJunit } from './junit.ts';
import type { Reading } from './reading.ts';
import { MAX_XML_DEPTH } from './xml.ts';

function all<F extends string>(fields: readonly F[], read: (field: F) => Reading): unknown {
  return Object.fromEntries(
    fields.map((field) => {
      const reading = read(field);
      return [field, reading.ok ? reading.value[0] : reading.error];
    }),
  );
}

describe('junit', () => {
  const nested = `<?xml version="1.0" encoding="utf-8"?>
    <!-- made by a tool -->
    <testsuites tests="6" failures="1" time="2.5">
      <testsuite name="outer" tests="6" failures="1" errors="1" skipped="1" time="9">
        <testcase name="a" time="0.5"/>
        <testsuite name="inner" tests="4" failures="1" errors="1" skipped="1">
          <testcase name="b &lt;&#65;&#x1F333;&gt;" time="0.25"><failure message="m">at &nope; <![CDATA[<x> ]]></failure></testcase>
          <testcase name='c'><error/><failure/></testcase>
          <testcase name="d"><skipped/></testcase>
          <testcase name="e"><system-out>ok</system-out></testcase>
        </testsuite>
        <testcase name="f"><properties><property name="failure"><failure/></property></properties></testcase>
      </testsuite>
    </testsuites>`;

  test('counts test cases of nested suites once', () => {
    expect(all(JUNIT_FIELDS, (field) => readJunit(nested, field))).toEqual({
      tests: 6,
      failures: 1,
      errors: 1,
      skipped: 1,
      time: 2.5,
      passed: 3,
    });
  });
  test.each<[string, string, unknown]>([
    [
      'only declared totals',
      '<testsuite tests="10" failures="2" errors="1" skipped="3" time="1,200.5"/>',
      { tests: 10, failures: 2, errors: 1, skipped: 3, time: 1_200.5, passed: 4 },
    ],
    [
      'totals of several suites',
      '<testsuites><testsuite tests="1" time="1"/><testsuite tests="2" failures="1" time="2"/></testsuites>',
      { tests: 3, failures: 1, errors: 0, skipped: 0, time: 3, passed: 2 },
    ],
    [
      'more failures declared than listed',
      '<testsuite tests="3" failures="2"><testcase time="1"/></testsuite>',
      { tests: 1, failures: 2, errors: 0, skipped: 0, time: 1, passed: 1 },
    ],
    [
      'fewer failures declared than listed',
      '<testsuite failures="0"><testcase><failure/></testcase></testsuite>',
      { tests: 1, failures: 1, errors: 0, skipped: 0, time: 0, passed: 0 },
    ],
    [
      'an error of the suite itself',
      '<testsuite><error/><testcase/></testsuite>',
      { tests: 1, failures: 0, errors: 1, skipped: 0, time: 0, passed: 1 },
    ],
    [
      'an empty report',
      '<testsuites/>',
      { tests: 0, failures: 0, errors: 0, skipped: 0, time: 0, passed: 0 },
    ],
    [
      'reruns that are not failures',
      '<testsuite><testcase><flakyFailure/><rerunFailure/></testcase></testsuite>',
      { tests: 1, failures: 0, errors: 0, skipped: 0, time: 0, passed: 1 },
    ],
    [
      'a namespace and odd attributes',
      '<x:testsuite tests="lots" time="-1"><x:testcase time="nan"/></x:testsuite>',
      { tests: 1, failures: 0, errors: 0, skipped: 0, time: 0, passed: 1 },
    ],
  ])('reads %s', (_what, text, expected) => {
    expect(all(JUNIT_FIELDS, (field) => readJunit(text, field))).toEqual(expected);
  });
  test.each([
    ['a DOCTYPE', '<!DOCTYPE t [<!ENTITY a "b">]><testsuite/>'],
    ['an entity bomb by name', '<testsuite name="&lol9;"/>'],
    ['an unending entity', '<testsuite name="&"/>'],
    ['a code point beyond Unicode', '<testsuite name="&#x110000;"/>'],
    ['a cut-off file', nested.slice(0, 400)],
    ['a cut-off tag', '<testsuite tests="1"'],
    ['a cut-off value', '<testsuite tests="1'],
    ['crossed elements', '<testsuite><testcase></testsuite></testcase>'],
    ['two roots', '<testsuite/><testsuite/>'],
    ['text around', 'log <testsuite/>'],
    ['an attribute twice', '<testsuite tests="1" tests="2"/>'],
    ['an attribute without quotes', '<testsuite tests=1/>'],
    ['another root', '<html></html>'],
    ['nothing', ''],
    ['no XML', 'ok 1'],
    ['nesting', '<testsuite>'.repeat(MAX_XML_DEPTH + 1)],
    [
      'many attributes',
      `<testsuite ${Array.from({ length: 200 }, (_, index) => `a${index}="1"`).join(' ')}/>`,
    ],
    ['an unended comment', '<!-- <testsuite/>'],
    ['an unended CDATA', '<testsuite><![CDATA[</testsuite>'],
  ])('refuses %s', (_what, text) => {
    expect(readJunit(text, 'tests')).toEqual({
      ok: false,
      error: expect.stringMatching(/^not a JUnit report: /) as unknown,
    });
  });
  test('names its fields when asked for another', () => {
    expect(readJunit('<testsuite/>', 'wins')).toEqual({
      ok: false,
      error: 'junit has no wins, only tests, failures, errors, skipped, time, passed',
    });
  });
  test('never throws on pieces of XML', () => {
    const pieces = fc.constantFrom(
      '<testsuite',
      '<testcase',
      '</testsuite>',
      '</testcase>',
      '>',
      '/>',
      ' a="1"',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<failure/>',
      '&lt;',
      '&',
      '"',
      "'",
      '<?',
      '?>',
      ' ',
      'x',
      '<!',
      '\uFEFF',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
        (text) => {
          for (const field of JUNIT_FIELDS) {
            const reading = readJunit(text, field);
            if (reading.ok) expect(reading.value[0]).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
