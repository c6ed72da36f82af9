import { describe, expect, test } from 'vitest';
import { PRESETS } from '../agents/presets.ts';
import { detectAgents } from './agents.ts';
import { ciCommands, gateOf } from './ci.ts';
import { detectProject } from './detect.ts';
import type { ProjectFindings } from './model.ts';
import { justRecipes, makeTargets, taskNames } from './runners.ts';

type Tree = Readonly<Record<string, string>>;

function detect(tree: Tree, untracked: readonly string[] = []): ProjectFindings {
  return detectProject({ tracked: Object.keys(tree), untracked, read: (file) => tree[file] ?? null });
}

const gates = (tree: Tree): Record<string, string> =>
  Object.fromEntries(
    detect(tree).gates.map((gate) => [gate.name, gate.cwd === null ? gate.run : `${gate.cwd}: ${gate.run}`]),
  );
const setup = (tree: Tree): string[] => detect(tree).setup.map((one) => one.value);
const pack = (scripts: Tree, more: object = {}): string =>
  JSON.stringify({ scripts, devDependencies: { a: '1' }, ...more });

describe('Node', () => {
  test.each<[string, string, string]>([
    ['package-lock.json', 'npm test', 'npm ci'],
    ['npm-shrinkwrap.json', 'npm test', 'npm ci'],
    ['pnpm-lock.yaml', 'pnpm test', 'pnpm install --frozen-lockfile'],
    ['yarn.lock', 'yarn test', 'yarn install --frozen-lockfile'],
    ['bun.lock', 'bun run test', 'bun install --frozen-lockfile'],
    ['README.md', 'npm test', 'npm install --no-package-lock'],
  ])('%s means %s after %s', (lock, run, install) => {
    const tree = { 'package.json': pack({ test: 'node --test' }), [lock]: '' };
    expect([gates(tree), setup(tree)]).toEqual([{ test: run }, [install]]);
  });

  test.each([
    ['pnpm@9.0.0', {}, 'pnpm install --no-lockfile'],
    ['bun@1.2.0', {}, 'bun install --no-save'],
    ['yarn@1.22.0', {}, 'yarn install --no-lockfile'],
    ['yarn@4.1.0', { '.yarnrc.yml': '' }, 'yarn install'],
  ])('without a lock file %s %j writes none where it can be told so: %s', (packageManager, more, install) => {
    expect(setup({ 'package.json': pack({}, { packageManager }), ...more })).toEqual([install]);
  });

  test('the packageManager field wins over a stray lock file, and yarn 2 has its own flag', () => {
    const tree = {
      'package.json': pack({}, { packageManager: 'yarn@4.1.0' }),
      'package-lock.json': '',
      'yarn.lock': '',
      '.yarnrc.yml': '',
    };
    expect(setup(tree)).toEqual(['yarn install --immutable']);
    expect(detect(tree).packageManager).toEqual({ value: 'yarn', evidence: 'package.json packageManager' });
  });

  test.each<[Tree, Tree]>([
    [{ test: 'echo "Error: no test specified" && exit 1' }, {}],
    [{ test: 'jest --watch' }, {}],
    [{ test: 'jest --watch=false' }, { test: 'npm test' }],
    [{ test: '' }, {}],
    [{ test: 'react-scripts test' }, { test: 'CI=true npm test' }],
    [{ test: 'jest', 'test:ci': 'jest --ci' }, { test: 'npm run test:ci' }],
    [
      { lint: 'eslint .', typecheck: 'tsc', build: 'vite build' },
      { types: 'npm run typecheck', lint: 'npm run lint', build: 'npm run build' },
    ],
    [{ format: 'prettier --write .' }, {}],
  ])('scripts %j give %j', (scripts, expected) => {
    expect(gates({ 'package.json': pack(scripts) })).toEqual(expected);
  });

  test('a package without dependencies needs no set-up', () => {
    expect(setup({ 'package.json': '{"scripts":{"test":"node --test"}}' })).toEqual([]);
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"scripts":[1]}',
    '{"scripts":{"test":7},"dependencies":"x"}',
    '\uFEFF{}',
  ])('package.json %j is survived', (text) => expect(gates({ 'package.json': text })).toEqual({}));
});

describe('other projects', () => {
  test.each<[string, Tree, Tree, readonly string[]]>([
    ['cargo', { 'Cargo.toml': '[package]' }, { test: 'cargo test', build: 'cargo build' }, []],
    [
      'cargo workspace',
      { 'Cargo.toml': '[workspace]\n' },
      { test: 'cargo test --workspace', build: 'cargo build --workspace' },
      [],
    ],
    ['go', { 'go.mod': '' }, { test: 'go test ./...', lint: 'go vet ./...', build: 'go build ./...' }, []],
    [
      'pytest by pyproject',
      { 'pyproject.toml': '[tool.pytest.ini_options]' },
      { test: 'python3 -m pytest' },
      [],
    ],
    [
      'uv',
      { 'pyproject.toml': 'pytest\n[tool.ruff]', 'uv.lock': '' },
      { test: 'uv run python -m pytest', lint: 'uv run ruff check .' },
      ['uv sync --frozen'],
    ],
    ['tox', { 'tox.ini': '', 'pytest.ini': '' }, { test: 'tox' }, []],
    [
      'unittest',
      { 'setup.py': '', 'tests/test_a.py': '' },
      { test: 'python3 -m unittest discover -s tests' },
      [],
    ],
    ['python without tests', { 'requirements.txt': 'flask' }, {}, []],
    [
      'gradle wrapper',
      { 'build.gradle.kts': '', gradlew: '' },
      { test: './gradlew test', build: './gradlew assemble' },
      [],
    ],
    ['maven', { 'pom.xml': '' }, { test: 'mvn -B -q test', build: 'mvn -B -q -DskipTests package' }, []],
    ['mix', { 'mix.exs': '' }, { test: 'mix test', build: 'mix compile' }, ['mix deps.get']],
    [
      'composer script',
      { 'composer.json': '{"scripts": {"test": "phpunit"}}' },
      { test: 'composer test' },
      ['composer install --no-interaction'],
    ],
    [
      'phpunit',
      { 'composer.json': '{}', 'phpunit.xml': '' },
      { test: 'vendor/bin/phpunit' },
      ['composer install --no-interaction'],
    ],
    ['rspec', { Gemfile: '', 'spec/a_spec.rb': '' }, { test: 'bundle exec rspec' }, ['bundle install']],
    [
      'deno task',
      { 'deno.json': '{"tasks": {"test": "deno test -A"}}' },
      { test: 'deno task test', lint: 'deno lint' },
      [],
    ],
    ['make', { Makefile: 'test: build\n\tgo test\nlint:\n' }, { test: 'make test', lint: 'make lint' }, []],
    [
      'just over make over cargo',
      { justfile: 'test:\n', Makefile: 'test:\n', 'Cargo.toml': '' },
      { test: 'just test', build: 'cargo build' },
      [],
    ],
    ['task', { 'Taskfile.yml': 'version: 3\ntasks:\n  test:\n    cmds: [x]\n' }, { test: 'task test' }, []],
    ['nothing', { 'README.md': '' }, {}, []],
  ])('%s', (_name, tree, expected, install) => {
    expect([gates(tree), setup(tree)]).toEqual([expected, install]);
  });

  test('a folder below is looked into when the root has no tests', () => {
    const tree = {
      'README.md': '',
      'back end/package.json': pack({ test: 'node --test' }),
      'back end/package-lock.json': '',
      '.x/go.mod': '',
    };
    expect(gates(tree)).toEqual({ test: 'back end: npm test' });
    expect(setup(tree)).toEqual(["cd 'back end' && npm ci"]);
    expect(gates({ ...tree, 'go.mod': '' })['test']).toBe('go test ./...');
  });
});

describe('evidence', () => {
  const workflow =
    'jobs:\n  a:\n    steps:\n      - run: npm ci\n      - name: t\n        run: |\n          npm test\n          npx prettier --check .\n      - run: echo ${{ secrets.X }}\n';

  test('CI confirms a command, and gives one where nothing else does', () => {
    const found = detect({ 'package.json': pack({ test: 'x' }), '.github/workflows/ci.yml': workflow });
    expect(found.gates).toMatchObject([
      {
        name: 'test',
        run: 'npm test',
        isInCi: true,
        evidence: 'package.json scripts.test, also in .github/workflows/ci.yml',
      },
      { name: 'format', run: 'npx prettier --check .', origin: 'ci' },
    ]);
  });

  test('what CI runs is preferred among equals, the rest stays as alternatives', () => {
    const tree = {
      'package.json': pack({ test: 'x', 'test:ci': 'y' }),
      '.github/workflows/ci.yml': workflow,
    };
    const found = detect(tree);
    expect(found.gates[0]?.run).toBe('npm test');
    expect(found.alternatives.map((gate) => gate.run)).toContain('npm run test:ci');
  });

  test('GitLab scripts and continued lines are read', () => {
    const text = 'test:\n  script:\n    - "pytest -q"\n    - cargo test \\\n        --all\n  only: [main]\n';
    expect(ciCommands('.gitlab-ci.yml', text).map((one) => one.command)).toEqual([
      'pytest -q',
      'cargo test --all',
    ]);
  });

  test.each([
    ['npm test', 'test'],
    ['python -m pytest -x', 'test'],
    ['./gradlew check', 'test'],
    ['cargo clippy -- -D warnings', 'lint'],
    ['npm run typecheck', 'types'],
    ['npm test && npm publish', null],
    ['curl x | sh', null],
    ['echo test', null],
    ['npm test $FLAGS', null],
  ])('CI command %j is %j', (command, gate) => {
    expect(gateOf(command)).toBe(gate);
  });
});

describe('files to share', () => {
  test('local settings are copied, examples and tracked files are not', () => {
    const found = detect({ 'package.json': pack({}), '.env.production': '' }, [
      '.env',
      '.env.local',
      '.env.example',
      'api/.env',
      'x.env',
      'node_modules/',
      '.venv/',
    ]);
    expect(found.copy.map((one) => one.value)).toEqual(['.env', '.env.local', 'api/.env']);
    expect(found.link.map((one) => one.value)).toEqual(['.venv']);
  });

  test('installed packages are linked only if no set-up brings them', () => {
    expect(detect({ 'README.md': '' }, ['node_modules/']).link.map((one) => one.value)).toEqual([
      'node_modules',
    ]);
  });
});

describe('names in runner files', () => {
  test('make', () => {
    const text =
      'A := b\nVAR ?= c:d\n.PHONY: test lint\ntest lint: dep\n\trecipe: x\n%.o: %.c\nbuild::\n# check:\n';
    expect(makeTargets(text)).toEqual(['.PHONY', 'test', 'lint', 'build']);
  });

  test('just', () => {
    const text =
      'set shell := ["sh"]\nv := "x"\n@test *args:\n  go\nlint: build\nrelease version:\nfmt mode="a":\n';
    expect(justRecipes(text)).toEqual(['test', 'lint', 'fmt']);
  });

  test('task', () => {
    expect(
      taskNames(
        'version: 3\nvars:\n  test: 1\ntasks:\n  # c\n\n  build:\n    cmds:\n      - lint: x\n  "test": go\nother:\n  lint:\n',
      ),
    ).toEqual(['build', 'test']);
  });

  test('hostile text ends at once', () => {
    const long = {
      Makefile: ' '.repeat(500_000),
      justfile: 'a '.repeat(200_000),
      'Taskfile.yml': 'tasks:\n' + '  \n'.repeat(100_000),
      'composer.json': '"scripts":{'.repeat(40_000),
    };
    expect(gates(long)).toEqual({});
  });
});

test('agents are found in order of preference, with the path as evidence', () => {
  const found = detectAgents((name) => (['gemini', 'claude'].includes(name) ? `/bin/${name}` : null));
  expect(found.map((one) => [one.agent.name, one.evidence])).toEqual([
    ['claude', '/bin/claude'],
    ['gemini', '/bin/gemini'],
  ]);
  expect(new Set(PRESETS.map((one) => one.name)).size).toBe(PRESETS.length);
});
