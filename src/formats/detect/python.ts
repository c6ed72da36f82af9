import type { Contribution, FolderView } from './model.ts';

/** How commands of each tool's environment are run, and how that is made. */
const TOOLS: readonly { lock: string; name: string; prefix: string; setup: string }[] = [
  { lock: 'uv.lock', name: 'uv', prefix: 'uv run ', setup: 'uv sync --frozen' },
  { lock: 'poetry.lock', name: 'poetry', prefix: 'poetry run ', setup: 'poetry install --no-interaction' },
  { lock: 'pdm.lock', name: 'pdm', prefix: 'pdm run ', setup: 'pdm sync' },
  { lock: 'Pipfile.lock', name: 'pipenv', prefix: 'pipenv run ', setup: 'pipenv sync --dev' },
];

/** pyproject, tox, nox, pytest, Django, unittest. A plain pip project gets no set-up: where it installs is the user's. */
export function detectPython(files: FolderView): Contribution | null {
  const manifest = files.first(
    'pyproject.toml',
    'setup.py',
    'setup.cfg',
    'requirements.txt',
    'tox.ini',
    'pytest.ini',
    'noxfile.py',
    'manage.py',
    'Pipfile',
  );
  if (manifest === null) return null;
  const tool = TOOLS.find((one) => files.has(one.lock));
  const prefix = tool?.prefix ?? '';
  const gates = [testCommand(files, prefix), ...linters(files, prefix)].filter((gate) => gate !== null);
  return {
    gates,
    ...(tool === undefined
      ? {}
      : {
          packageManager: { value: tool.name, evidence: tool.lock },
          setup: [{ value: tool.setup, evidence: tool.lock }],
        }),
  };
}

type Gate = NonNullable<Contribution['gates']>[number];

function testCommand(files: FolderView, prefix: string): Gate | null {
  const gate = (run: string, evidence: string): Gate => ({
    name: 'test',
    run,
    evidence,
    origin: 'convention',
  });
  const python = prefix === '' ? 'python3' : `${prefix}python`;
  if (files.has('tox.ini')) return gate(`${prefix}tox`, 'tox.ini');
  if (files.has('noxfile.py')) return gate(`${prefix}nox`, 'noxfile.py');
  const pytest = pytestEvidence(files);
  if (pytest !== null) return gate(`${python} -m pytest`, pytest);
  if (files.has('manage.py')) return gate(`${python} manage.py test`, 'manage.py');
  const unit = files.matching(/^(tests?\/)?test_[^/]*\.py$/)[0];
  if (unit === undefined) return null;
  return gate(`${python} -m unittest discover${unit.includes('/') ? ` -s ${unit.split('/')[0]}` : ''}`, unit);
}

function pytestEvidence(files: FolderView): string | null {
  const plain = files.first('pytest.ini', 'conftest.py', 'tests/conftest.py', 'test/conftest.py');
  if (plain !== null) return plain;
  const naming = ['pyproject.toml', 'setup.cfg', 'Pipfile', 'requirements-dev.txt', 'requirements.txt'];
  return naming.find((name) => /\bpytest\b/.test(files.read(name) ?? '')) ?? null;
}

function linters(files: FolderView, prefix: string): (Gate | null)[] {
  const pyproject = files.read('pyproject.toml') ?? '';
  const configured = (
    name: 'lint' | 'types',
    run: string,
    section: string,
    ...names: string[]
  ): Gate | null => {
    const file = files.first(...names);
    const evidence =
      file ?? (pyproject.includes(`[tool.${section}`) ? `pyproject.toml [tool.${section}]` : null);
    return evidence === null ? null : { name, run: prefix + run, evidence, origin: 'convention' };
  };
  return [
    configured('lint', 'ruff check .', 'ruff', 'ruff.toml', '.ruff.toml'),
    configured('lint', 'flake8', 'flake8', '.flake8'),
    configured('types', 'mypy .', 'mypy', 'mypy.ini', '.mypy.ini'),
    configured('types', 'pyright', 'pyright', 'pyrightconfig.json'),
  ];
}
