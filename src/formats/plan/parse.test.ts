import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../core/plan/model.ts';
import type { RepoPath } from '../../core/ids.ts';
import type { ParseOptions } from './parse.ts';
import { parsePlan } from './parse.ts';

const parse = (text: string, options: Partial<ParseOptions> = {}) =>
  parsePlan(text, { file: 'copse.yaml', readText: (path) => `text of ${path}`, ...options });
const example = (name: string): string =>
  readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), 'utf8');

function planOf(text: string, options: Partial<ParseOptions> = {}): Plan {
  const { plan, problems } = parse(text, options);
  if (plan === null) throw new Error(JSON.stringify(problems, null, 2));
  return plan;
}

/** `code line:column`, errors only. */
const errorsOf = (text: string, options: Partial<ParseOptions> = {}): string[] =>
  parse(text, options)
    .problems.filter((problem) => problem.severity === 'error')
    .map(({ code, line, column }) => `${code} ${line}:${column}`);

describe('the examples', () => {
  test.each(['express', 'cjson'])('the plan for %s has no problem', (name) => {
    const { plan, problems } = parse(example(name));
    expect(problems).toEqual([]);
    expect(plan?.agents['script']).toMatchObject({ kind: 'command', passEnv: ['EXAMPLES'] });
  });

  test('three lines are a plan, and say what they leave open', () => {
    const { plan, problems, origins } = parse(example('three-lines'));
    expect(plan?.tasks.map((task) => task.id)).toEqual([
      'add-a-health-endpoint-with-a-test',
      'fix-the-flaky-date-parser-test',
    ]);
    expect(problems.map((problem) => problem.code)).toEqual(['E0330', 'E0331']);
    expect(origins).toEqual({ agent: 'none', gates: 'none', target: 'none' });
  });

  test('what was detected fills what the plan leaves open', () => {
    const agent = { kind: 'demo', name: 'found', parallel: null, instructions: null } as const;
    const { plan, problems, origins } = parse(example('three-lines'), {
      detected: { agent, gates: { test: 'npm test' }, target: 'main', name: 'shop' },
    });
    expect(problems).toEqual([]);
    expect(origins).toEqual({ agent: 'detected', gates: 'detected', target: 'detected' });
    expect(plan).toMatchObject({ name: 'shop', merge: { into: 'main' }, agents: { found: agent } });
    expect(plan?.tasks[0]).toMatchObject({ agent: 'found', waves: [{ gates: ['test'] }] });
  });

  test('the everyday form has needs, scopes and gates', () => {
    const plan = planOf(example('everyday'));
    expect(plan.tasks.map((task) => [task.id, task.needs.map((need) => need.task)])).toEqual([
      ['api', []],
      ['ui', ['api']],
      ['docs', ['api', 'ui']],
    ]);
    expect(plan.tasks[0]?.waves[0].gates).toEqual(['test', 'lint']);
    expect(plan.tasks[0]?.scope).toEqual({ include: ['src/api/**'], exclude: [], origin: 'declared' });
  });

  test('the full form is understood without a problem', () => {
    const { plan, problems } = parse(example('full'));
    expect(problems).toEqual([]);
    expect(plan).toMatchSnapshot();
  });

  test('the form to come is refused by name, each key once and nothing else', () => {
    const { plan, problems } = parse(example('full-later'));
    expect(plan).toBeNull();
    expect(new Set(problems.map((problem) => problem.code))).toEqual(new Set(['E0401']));
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toMatchSnapshot();
  });
});

describe('short and long forms', () => {
  test.each([
    ['needs: a', [{ task: 'a', wave: null, when: 'merged' }]],
    ['needs: [a]', [{ task: 'a', wave: null, when: 'merged' }]],
    ['needs: {task: a, when: started}', [{ task: 'a', wave: null, when: 'started' }]],
    ['needs: [{task: a, when: verified}]', [{ task: 'a', wave: null, when: 'verified' }]],
  ])('%s', (needs, expected) => {
    expect(planOf(`tasks: {a: x, b: {prompt: y, ${needs}}}`).tasks[1]?.needs).toEqual(expected);
  });

  test('a whole number is an id', () => {
    expect(planOf('tasks:\n  1: x\n  2: {prompt: y, needs: 1}\n').tasks[1]?.needs[0]?.task).toBe('1');
  });

  test.each([
    ['scope: src', ['src'], []],
    ['scope: [src, "!src/x"]', ['src'], ['src/x']],
    ['scope: "!dist/**"', ['**'], ['dist/**']],
  ])('%s', (scope, include, exclude) => {
    expect(planOf(`tasks: {a: {prompt: x, ${scope}}}`).tasks[0]?.scope).toMatchObject({ include, exclude });
  });

  test.each([
    ['30m', 30],
    ['4h', 240],
    ['1.5d', 720],
    ['1w', 2_400],
    ['1d2h', 600],
  ])('an estimate of %s is %d minutes', (text, minutes) => {
    const estimate = planOf(`tasks: {a: {prompt: x, estimate: ${text}}}`).tasks[0]?.estimate;
    expect(estimate).toEqual({
      lowMinutes: minutes,
      likelyMinutes: minutes,
      highMinutes: minutes,
      origin: 'declared',
    });
  });

  test('a gate may be a command or a map, and a metric judges', () => {
    const plan = planOf(
      `gates: {a: make, b: {run: make b, timeout: 5m, at: merge, metrics: {n: {json: $.n, max: 3, max_regression: 5%}}}}\ntasks: [x]`,
    );
    expect(plan.gates['a']).toMatchObject({ run: 'make', at: ['task', 'merge'], severity: 'blocker' });
    expect(plan.gates['b']).toMatchObject({
      timeoutMs: 300_000,
      at: ['merge'],
      metrics: [
        {
          name: 'n',
          source: { kind: 'json', path: '$.n' },
          max: 3,
          maxRegression: 0.05,
          baseline: { kind: 'base' },
        },
      ],
    });
  });

  test('ids are made of titles, shortened at a word, and never equal', () => {
    const text = `tasks:
  - Fix it
  - Fix it
  - {id: fix-it-2, prompt: other}
  - 数据库
  - "Ünïcode: a very long title that goes on and on and on"
`;
    expect(planOf(text).tasks.map((task) => task.id)).toEqual([
      'fix-it',
      'fix-it-3',
      'fix-it-2',
      'task-4',
      'unicode-a-very-long-title-that-goes-on',
    ]);
  });

  test('waves run in order, and the last one also runs the gates of the task', () => {
    const text = `gates: {t: x, w: {run: y, at: [wave, merge]}, s: z}
tasks: {a: {prompt: p, gates: [t, w], waves: [one, {id: two, title: Second, gates: s}]}}`;
    expect(planOf(text).tasks[0]?.waves).toEqual([
      { number: 1, id: '1', title: 'one', prompt: 'one', gates: ['w'], landsEarly: false },
      { number: 2, id: 'two', title: 'Second', prompt: 'Second', gates: ['s', 't', 'w'], landsEarly: false },
    ]);
  });

  test('an agent builds on another one', () => {
    const text = `agents:
  base: {run: "agent {prompt_file}", env: {A: 1}, fallback: [demo]}
  role: {use: base, instructions: docs/role.md, parallel: 2}
tasks: {a: {prompt: x, agent: role}}`;
    const plan = planOf(text);
    expect(plan.agents['role']).toMatchObject({
      kind: 'command',
      run: 'agent {prompt_file}',
      promptVia: 'file',
      env: { A: '1' },
      parallel: 2,
      instructions: 'text of docs/role.md',
    });
    expect(plan.tasks[0]?.fallback).toEqual(['demo']);
    expect(plan.agents['demo']?.kind).toBe('demo');
  });

  test('x- keys are the author’s own, everywhere', () => {
    expect(
      errorsOf('x-a: 1\ntasks: {x-ray: {prompt: x, x-b: {c: 1}}}\ngates: {g: {run: x, x-y: 1}}'),
    ).toEqual([]);
  });

  test('names that objects have by themselves are names like others', () => {
    expect(
      planOf('tasks: {tostring: {prompt: x}, valueof: {prompt: y, needs: tostring}}').tasks,
    ).toHaveLength(2);
    expect(
      errorsOf('tasks: {a: {prompt: x, needs: toString, agent: hasownproperty, gates: [valueof]}}'),
    ).toHaveLength(3);
  });
});

describe('problems', () => {
  test.each<[string, string, string[]]>([
    ['an empty file', '', ['E0301 1:1']],
    ['a comment only', '# nothing\n', ['E0301 1:1']],
    ['a list', '- a\n', ['E0201 1:1']],
    ['no tasks', 'name: x\n', ['E0301 1:1']],
    ['empty tasks', 'tasks: []\n', ['E0301 1:1']],
    ['unknown keys', 'tasks: {a: {promt: x}}\nfoo: 1', ['E0202 1:13', 'E0202 2:1']],
    ['a need of nobody', 'tasks: {a: {prompt: x, needs: [b, c]}}', ['E0310 1:32', 'E0310 1:35']],
    ['a need of itself', 'tasks: {a: {prompt: x, needs: a}}', ['E0311 1:31']],
    ['a circle', 'tasks: {a: {prompt: x, needs: b}, b: {prompt: x, needs: a}}', ['E0313 1:31']],
    ['one id twice', 'tasks: [{id: a, prompt: x}, {id: a, prompt: y}]', ['E0303 1:34']],
    ['one key twice', 'tasks: {a: x, a: y}', ['E0109 1:15']],
    ['one wave twice', 'tasks: {a: {waves: [{id: w, prompt: x}, {id: w, prompt: y}]}}', ['E0305 1:42']],
    ['an unknown gate', 'gates: {t: x}\ntasks: {a: {prompt: x, gates: [u]}}', ['E0320 2:32']],
    ['an unknown gate in defaults', 'gates: {t: x}\ndefaults: {gates: uu}\ntasks: {a: x}', ['E0320 2:19']],
    ['an unknown agent', 'tasks: {a: {prompt: x, agent: nobody}}', ['E0321 1:31']],
    ['agents in a circle', 'agents: {a: {use: b}, b: {use: a}}\ntasks: [x]', ['E0322 1:19', 'E0322 1:32']],
    ['nothing to do', 'tasks: {a: {scope: x}}', ['E0304 1:9']],
    ['a branch for all', 'workspace: {branch: work}\ntasks: [x]', ['E0333 1:21']],
    ['a bad branch', 'workspace: {branch: "a..b/{task}"}\ntasks: [x]', ['E0334 1:21']],
    ['an option as target', 'merge: {into: --force}\ntasks: [x]', ['E0334 1:15']],
    ['an unknown placeholder', 'workspace: {path: "../{tsk}/{task}"}\ntasks: [x]', ['E0334 1:19']],
    [
      'a pattern without a group',
      "gates: {a: {run: x, metrics: {m: {regex: '\\d+', max: 1}}}}\ntasks: [x]",
      ['E0207 1:42'],
    ],
    ['a bad pattern', "gates: {a: {run: x, metrics: {m: {regex: '(', max: 1}}}}\ntasks: [x]", ['E0207 1:42']],
    [
      'a threshold nobody meets',
      'gates: {a: {run: x, metrics: {m: {json: $.a, min: 2, max: 1}}}}\ntasks: [x]',
      ['E0208 1:51'],
    ],
    ['an estimate out of order', 'tasks: {a: {prompt: x, estimate: {low: 3h, likely: 1h}}}', ['E0208 1:24']],
    [
      'a path that leaves',
      'workspace: {copy: [../secret]}\ntasks: {a: {prompt: x, spec: /etc/passwd, scope: ["a/../../b"]}}',
      ['E0201 1:20', 'E0201 2:30', 'E0201 2:51'],
    ],
    ['a bad id', 'tasks: {"../x": y, a.lock: z, A: w}', ['E0205 1:9', 'E0205 1:20', 'E0205 1:31']],
    [
      'bare numbers',
      'tasks: {a: {prompt: x, timeout: 30, estimate: 3, stall: 0s}}',
      ['E0201 1:33', 'E0201 1:47', 'E0201 1:57'],
    ],
    ['a wave address', 'tasks: {a: x, b: {prompt: x, needs: a@1}}', ['E0401 1:37']],
    ['a forbidden key', 'tasks: {__proto__: {prompt: x}, a: x}', ['E0105 1:9']],
    ['an anchor', 'tasks: [&a x, *a]', ['E0104 1:9', 'E0104 1:15']],
    ['a tag', 'tasks:\n  - !!js/function x', ['E0104 2:5']],
    ['two documents', 'tasks: [x]\n---\ntasks: [y]\n', ['E0110 2:1']],
    ['a tab', 'tasks:\n\t- x\n', ['E0110 2:1']],
    ['a control character', 'tasks: ["a\u0007b"]', ['E0107 1:11']],
    ['half a pair', 'tasks: ["a\ud800b"]', ['E0107 1:11']],
  ])('%s', (_name, text, expected) => {
    expect(errorsOf(text)).toEqual(expected);
  });

  test('all kinds are reported in one pass', () => {
    const text = `jobs:
  api: {prompt: x, deps: [uii], gates: [tets], timeout: 30}
  ui: {prompt: y, needs: api, scope: [../x], priority: urgent}
gates: {test: npm test, b: {timeout: 1m}}
merge: {everyCommit: true, strategy: sqash}
limits: {cpu: 80, disk_free: 5}
phases: []
`;
    expect(errorsOf(text)).toEqual([
      'E0202 1:1',
      'E0202 2:20',
      'E0310 2:27',
      'E0320 2:41',
      'E0201 2:57',
      'E0201 3:39',
      'E0203 3:56',
      'E0204 4:25',
      'E0202 5:9',
      'E0203 5:38',
      'E0201 6:15',
      'E0201 6:30',
      'E0401 7:1',
    ]);
  });

  test('a spec that is not there is reported where it is named', () => {
    expect(errorsOf('tasks: {a: {spec: docs/a.md}}', { readText: () => null })).toEqual(['E0306 1:19']);
  });

  test('a scope that matches no file is a warning', () => {
    const files = ['src/a.ts'] as RepoPath[];
    const { plan, problems } = parse(
      'gates: {t: x}\nagents: {m: y}\ntasks: {a: {prompt: x, scope: [src, docs/**]}}',
      { files },
    );
    expect(plan).not.toBeNull();
    expect(problems.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual(['E0332 3:37']);
  });

  test('too many tasks are refused', () => {
    expect(errorsOf(`tasks:\n${'- x\n'.repeat(20_001)}`)).toEqual(['E0302 1:1']);
  });

  test('Windows line ends are read like others', () => {
    const text = 'tasks:\r\n  a:\r\n    prompt: x\r\n    needs: b\r\n';
    expect(errorsOf(text)).toEqual(['E0310 4:12']);
    expect(planOf('tasks:\r\n  - x\r\n').tasks[0]?.prompt).toBe('x');
  });
});
