/** The plan parser against text nobody meant to write: no throw, bounded time, and the two readers never disagree. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findCycles } from '../../src/core/plan/cycles.ts';
import { matchesAny } from '../../src/core/separation/glob.ts';
import { overlapOf, readScope } from '../../src/core/separation/scope.ts';
import { renderDiagnostic } from '../../src/formats/plan/diagnostic.ts';
import { addTask, removeTask, setTaskField } from '../../src/formats/plan/edit.ts';
import { readQuickly } from '../../src/formats/plan/fast-reader.ts';
import { fixPlan } from '../../src/formats/plan/fix.ts';
import { readFully } from '../../src/formats/plan/full-reader.ts';
import { guardTokens } from '../../src/formats/plan/guard.ts';
import type { YamlNode } from '../../src/formats/plan/node.ts';
import { parsePlan } from '../../src/formats/plan/parse.ts';
import { planFromJson, planToJson } from '../../src/formats/plan/plan-json.ts';
import { exampleTexts } from './plan-examples.ts';

const options = { file: 'copse.yaml', readText: () => 'text' };
const examples = exampleTexts();

/** Pieces that plans and YAML are made of, strung together. */
const piece = fc.constantFrom(
  'a',
  'tasks',
  'needs',
  'x y',
  '0',
  '1.5',
  'true',
  '~',
  'null',
  '"q"',
  "'q''r'",
  '"\\n\\u0041"',
  ':',
  ': ',
  ':\n',
  '- ',
  '-',
  '\n',
  '\n\n',
  '\n  ',
  '\n    ',
  '\n      ',
  ' ',
  '  ',
  '#',
  ' # c',
  '{',
  '}',
  '[',
  ']',
  ', ',
  ',',
  '|',
  '|-',
  '>',
  '>-',
  '|2',
  '&a',
  '*a',
  '!t',
  '!',
  '? ',
  '@',
  '%',
  '`',
  '---',
  '...',
  '\t',
  '\r\n',
  'é',
  '😀',
  '\u2028',
  '__proto__',
  'constructor',
  '\\',
  '<<: ',
);
const yamlish = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

/** A tree of plain data and a text that a person might write for it. */
const word = fc.constantFrom(
  'a',
  'b-c',
  'd e',
  '1',
  'yes',
  'x: y',
  '# no',
  "it's",
  '',
  ' pad ',
  '- dash',
  '{',
  'multi\nline',
  'tail\n',
  '"',
  'é',
);

interface Style {
  readonly indent: number;
  readonly beside: boolean;
}

function writeBlock(value: unknown, style: Style, indent: number): string {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value) && value.length > 0) {
    return value.map((item) => `${pad}-${writeChild(item, style, indent + style.indent, true)}`).join('');
  }
  const entries = Object.entries(value as object);
  return entries
    .map(([key, child]) => {
      const childIndent = Array.isArray(child) && style.beside ? indent : indent + style.indent;
      return `${pad}${JSON.stringify(key)}:${writeChild(child, style, childIndent, false)}`;
    })
    .join('');
}

function writeChild(value: unknown, style: Style, indent: number, compact: boolean): string {
  const isFull = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isFull) return ` ${JSON.stringify(value)}\n`;
  const block = writeBlock(value, style, indent);
  return compact && style.indent === 2 ? ` ${block.trimStart()}` : `\n${block}`;
}

/** Text of an example with some pieces replaced, doubled or cut. */
const mutated = fc
  .tuple(
    fc.constantFrom(...examples),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), piece), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([text, changes]) =>
    changes.reduce((current, [where, length, insert]) => {
      const at = Math.floor(where * current.length);
      return current.slice(0, at) + insert + current.slice(at + length);
    }, text),
  );

function expectSane(text: string): void {
  const { plan, problems } = parsePlan(text, options);
  const errors = problems.filter((problem) => problem.severity === 'error');
  expect(plan === null).toBe(errors.length > 0);
  const lines = text.split('\n');
  for (const problem of problems) {
    expect(problem.code).toMatch(/^E\d{4}$/);
    expect(problem.message).not.toBe('');
    expect(problem.line).toBeLessThanOrEqual(lines.length);
    expect(problem.column - 1).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length);
    expect(problem.endColumn).toBeGreaterThanOrEqual(problem.column);
    // oxlint-disable-next-line no-control-regex -- nothing that drives a terminal may come through
    expect(renderDiagnostic(problem, text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
  if (plan !== null)
    expect(planFromJson(JSON.parse(JSON.stringify(planToJson(plan))))).toEqual({ ok: true, value: plan });
}

/** A list item that was left out has no place of its own; neither has the end of a list that it ends. */
function comparable(node: YamlNode): YamlNode {
  if (node.kind === 'map') {
    const entries = node.entries.map((entry) => ({ ...entry, value: comparable(entry.value) }));
    return { ...node, entries, end: node.flow ? node.end : (entries.at(-1)?.value.end ?? node.end) };
  }
  if (node.kind === 'scalar') return node;
  const items = node.items.map((item) =>
    item.kind === 'scalar' && item.value === null && item.source === ''
      ? { ...item, start: 0, end: 0 }
      : comparable(item),
  );
  return { ...node, items, end: node.flow ? node.end : (items.at(-1)?.end ?? node.end) };
}

function expectReadersAgree(text: string): boolean {
  const quick = readQuickly(text);
  if (quick.kind !== 'read') return false;
  expect(guardTokens(text)).toEqual([]);
  const full = readFully(text);
  expect(full.problems).toEqual([]);
  expect(full.root === null ? null : comparable(full.root)).toEqual(comparable(quick.root));
  return true;
}

describe('reading', () => {
  test('any text gives a plan or problems, with places inside the text', () => {
    fc.assert(fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary', maxLength: 200 })), expectSane), {
      numRuns: 5_000,
    });
  });

  test('damaged plans give problems, never an exception', () => {
    fc.assert(fc.property(mutated, expectSane), { numRuns: 1_500 });
  });

  test('where the quick reader answers, the full parser says the same', () => {
    let read = 0;
    const count = (text: string): void => {
      if (expectReadersAgree(text)) read += 1;
    };
    for (const text of examples) count(text);
    expect(read).toBe(examples.length);
    fc.assert(
      fc.property(yamlish, (text) => count(`k: ${text}\n`)),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(yamlish, (text) => count(`k:\n  ${text}`)),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(yamlish, (text) => count(`k:\n- ${text}\n`)),
      { numRuns: 10_000 },
    );
    fc.assert(fc.property(mutated, count), { numRuns: 2_000 });
    // Too few would mean that this compares nothing.
    expect(read).toBeGreaterThan(2_000);
  });

  test('data written in block style is read by the quick reader as it was', () => {
    const style = fc.record({ indent: fc.constantFrom(2, 3, 4), beside: fc.boolean() });
    const { map } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, word, fc.integer(), fc.boolean(), tie('list'), tie('map')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc.dictionary(
        word.filter((key) => key !== ''),
        tie('value'),
        { minKeys: 1, maxKeys: 3 },
      ),
    }));
    fc.assert(
      fc.property(map, style, (value, chosen) => {
        expect(expectReadersAgree(writeBlock(value, chosen, 0))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('changing', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const value = fc.oneof(
    word.filter((text) => text !== ''),
    fc.array(name, { maxLength: 3 }),
    fc.nat(),
    fc.boolean(),
  );

  test('an edit says what was asked, or is refused; other tasks stay as they are', () => {
    fc.assert(
      fc.property(fc.constantFrom(...examples), name, value, fc.nat(), (text, field, content, pick) => {
        const before = parsePlan(text, options).plan;
        const ids = before?.tasks.map((task) => task.id) ?? ['docs'];
        const id = ids[pick % ids.length] ?? 'docs';
        const added = addTask(text, 'new-task', { prompt: 'Do it', [`x-${field}`]: content });
        expect(added.ok).toBe(true);
        if (added.ok && before !== null) {
          const after = parsePlan(added.value, options).plan;
          expect(after?.tasks.slice(0, -1)).toEqual(before.tasks);
          expect(after?.tasks.at(-1)).toMatchObject({ id: 'new-task', prompt: 'Do it' });
        }
        const changed = setTaskField(text, id, { field: `x-${field}`, value: content });
        expect(changed.ok).toBe(true);
        if (changed.ok) expect(parsePlan(changed.value, options).plan).toEqual(before);
        const removed = removeTask(text, id);
        expect(removed.ok).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('correcting ends, and a second time finds nothing to correct', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const { text: fixed } = fixPlan(text, options);
        expect(fixPlan(fixed, options).text).toBe(fixed);
      }),
      { numRuns: 500 },
    );
  });

  test('no edit throws on damaged plans', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, yamlish), name, value, (text, field, content) => {
        addTask(text, 'new-task', { [field]: content });
        setTaskField(text, 'api', { field, value: content });
        removeTask(text, 'api');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('bombs', () => {
  test.each([
    ['10 MB', `tasks:\n${'  - x\n'.repeat(1_750_000)}`, 'E0101'],
    ['10 MB of wide characters', '文'.repeat(1_500_000), 'E0101'],
    ['brackets', '['.repeat(4_000_000), 'E0103'],
    ['brackets behind a key', `tasks: ${'['.repeat(3_000_000)}`, 'E0103'],
    ['braces', '{a: '.repeat(1_000_000), 'E0103'],
    ['dashes', '- '.repeat(2_000_000), 'E0103'],
    ['question marks', '? '.repeat(2_000_000), 'E0103'],
    ['keys', Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), 'E0103'],
    ['brackets behind quotes', `a: "x\n  y"\ntasks: ${'["a", '.repeat(500_000)}`, 'E0103'],
    [
      'keys behind a bracket left open',
      `a: [\n${Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')}`,
      'E0103',
    ],
    [
      'aliases',
      `a: &a [x]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [*a, *a]`).join('\n')}`,
      'E0104',
    ],
    ['100,000 tasks', `tasks:\n${'  - x\n'.repeat(100_000)}`, 'E0102'],
    ['100,000 commas', `tasks: [${'x,'.repeat(100_001)}]`, 'E0102'],
    ['100,000 equal keys', `tasks:\n${'  a: x\n'.repeat(99_000)}`, 'E0109'],
    ['a forbidden key', 'tasks: {a: x}\n__proto__: {polluted: true}', 'E0105'],
    ['a forbidden key, deeper', 'tasks: {a: {"constructor": {prototype: 1}}}', 'E0105'],
  ])('%s: a clear error', (_name, text, code) => {
    const { plan, problems } = parsePlan(text, options);
    expect(plan).toBeNull();
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('graphs', () => {
  test('cycles are found exactly where a simple search finds them, on 100,000 graphs', () => {
    const graph = fc
      .array(fc.array(fc.nat(6), { maxLength: 3 }), { minLength: 1, maxLength: 7 })
      .map((edges) => edges.map((targets) => [...new Set(targets.map((target) => target % edges.length))]));
    fc.assert(
      fc.property(fc.array(graph, { minLength: 100, maxLength: 100 }), (graphs) => {
        for (const edges of graphs) {
          const cycles = findCycles(edges);
          expect(cycles.length > 0).toBe(edges.some((_, node) => reaches(edges, node, node)));
          for (const cycle of cycles) {
            cycle.forEach((node, at) => expect(edges[node]).toContain(cycle[(at + 1) % cycle.length]));
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('a path of both scopes means an overlap', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', '?', 'a*', '*b', '[ab]', '[!a]', '{a,b}', 'a?', '*a*');
    const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const path = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', 'c'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'));
    const scope = fc.tuple(
      fc.array(pattern, { minLength: 1, maxLength: 2 }),
      fc.array(pattern, { maxLength: 2 }),
    );
    fc.assert(
      fc.property(
        scope,
        scope,
        fc.array(path, { minLength: 20, maxLength: 20 }),
        ([a, notA], [b, notB], paths) => {
          const left = readScope({ include: a, exclude: notA, origin: 'declared' });
          const right = readScope({ include: b, exclude: notB, origin: 'declared' });
          const overlap = overlapOf(left, right);
          const isShared = (candidate: string): boolean =>
            matchesAny(a, candidate) &&
            matchesAny(b, candidate) &&
            !matchesAny([...notA, ...notB], candidate);
          if (paths.some(isShared)) expect(overlap).not.toBeNull();
          if (overlap !== null) {
            expect(matchesAny([overlap.a], overlap.example)).toBe(true);
            expect(matchesAny([overlap.b], overlap.example)).toBe(true);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

/** Depth-first search for a way of at least one step. */
function reaches(edges: readonly (readonly number[])[], from: number, to: number): boolean {
  const seen = new Set<number>();
  const open = [...(edges[from] ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === to) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...(edges[node] ?? []));
  }
  return false;
}
