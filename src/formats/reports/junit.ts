/**
 * JUnit XML, as written by pytest, jest-junit, surefire, gotestsum, nextest and others. Test cases are counted, because
 * the totals that suites declare differ between tools (with or without nested suites); declared totals are used when a
 * report has no test cases, and for failures and errors whenever they are higher: a report must not look better than
 * its own head line.
 */
import { assertNever } from '../../kit/assert.ts';
import { err, ok } from '../../kit/result.ts';
import { parseNumber } from './numbers.ts';
import type { Reading } from './reading.ts';
import { readXml, type XmlHandler } from './xml.ts';

export const JUNIT_FIELDS = ['tests', 'failures', 'errors', 'skipped', 'time', 'passed'] as const;
type Field = (typeof JUNIT_FIELDS)[number];
type Status = 'passed' | 'skipped' | 'failures' | 'errors';

/** Worse wins when one test case has several. */
const SEVERITY: readonly Status[] = ['passed', 'skipped', 'failures', 'errors'];
const OUTCOMES: ReadonlyMap<string, Status> = new Map([
  ['failure', 'failures'],
  ['error', 'errors'],
  ['skipped', 'skipped'],
]);

export function readJunit(text: string, field: string): Reading {
  const known = JUNIT_FIELDS.find((name) => name === field);
  if (known === undefined) return err(`junit has no ${field}, only ${JUNIT_FIELDS.join(', ')}`);
  const counter = new JunitCounter();
  const problem = readXml(text, counter) ?? counter.problem();
  return problem === null ? ok([counter.total(known)]) : err(`not a JUnit report: ${problem}`);
}

class JunitCounter implements XmlHandler {
  readonly #counted = { tests: 0, passed: 0, skipped: 0, failures: 0, errors: 0 };
  readonly #declared = new Map<string, number>();
  /** Attributes already taken from a suite around the current one: its figure includes ours. */
  readonly #enclosing: ReadonlySet<string>[] = [];
  #caseTime = 0;
  #case: Status | null = null;
  #isSuiteReport = false;
  #depth = 0;
  #caseDepth = 0;

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    this.#depth += 1;
    if (this.#depth === 1) this.#isSuiteReport = name === 'testsuites' || name === 'testsuite';
    if (name === 'testsuites' || name === 'testsuite') this.#openSuite(attributes);
    else if (name === 'testcase' && this.#case === null) this.#openCase(attributes);
    else this.#openOther(name);
  }

  close(name: string): void {
    if (name === 'testsuites' || name === 'testsuite') this.#enclosing.pop();
    if (this.#case !== null && this.#depth === this.#caseDepth) {
      this.#counted.tests += 1;
      this.#counted[this.#case] += 1;
      this.#case = null;
    }
    this.#depth -= 1;
  }

  problem(): string | null {
    return this.#isSuiteReport ? null : 'its root is not testsuites or testsuite';
  }

  total(field: Field): number {
    const declared = (name: string): number => this.#declared.get(name) ?? 0;
    const skipped = declared('skipped') + declared('disabled');
    switch (field) {
      case 'time':
        return this.#declared.get('time') ?? this.#caseTime;
      case 'failures':
      case 'errors':
        return Math.max(this.#counted[field], declared(field));
      case 'tests':
        return this.#counted.tests > 0 ? this.#counted.tests : declared('tests');
      case 'skipped':
        return this.#counted.tests > 0 ? this.#counted.skipped : skipped;
      case 'passed': {
        const passed = declared('tests') - declared('failures') - declared('errors') - skipped;
        return this.#counted.tests > 0 ? this.#counted.passed : Math.max(0, passed);
      }
      default:
        return assertNever(field);
    }
  }

  #openSuite(attributes: ReadonlyMap<string, string>): void {
    const around = this.#enclosing.at(-1) ?? new Set<string>();
    const taken = new Set(around);
    for (const name of ['tests', 'failures', 'errors', 'skipped', 'disabled', 'time']) {
      const value = parseNumber(attributes.get(name) ?? '');
      if (around.has(name) || !(value >= 0)) continue;
      this.#declared.set(name, (this.#declared.get(name) ?? 0) + value);
      taken.add(name);
    }
    this.#enclosing.push(taken);
  }

  #openCase(attributes: ReadonlyMap<string, string>): void {
    this.#case = 'passed';
    this.#caseDepth = this.#depth;
    const time = parseNumber(attributes.get('time') ?? '');
    if (time >= 0) this.#caseTime += time;
  }

  #openOther(name: string): void {
    const outcome = OUTCOMES.get(name);
    if (outcome === undefined) return;
    if (this.#case === null) {
      // An error of the suite itself, such as a failing set-up, belongs to no test case.
      if (outcome !== 'skipped') this.#counted[outcome] += 1;
    } else if (
      this.#depth === this.#caseDepth + 1 &&
      SEVERITY.indexOf(outcome) > SEVERITY.indexOf(this.#case)
    ) {
      this.#case = outcome;
    }
  }
}
