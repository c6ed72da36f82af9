/** Build tools whose commands are the same in every project. */
import type { Contribution, Detector, FolderView } from './model.ts';

type Gates = NonNullable<Contribution['gates']>;

function conventional(evidence: string, commands: Partial<Record<Gates[number]['name'], string>>): Gates {
  const entries = Object.entries(commands) as [Gates[number]['name'], string][];
  return entries.map(([name, run]) => ({ name, run, evidence, origin: 'convention' }));
}

function cargo(files: FolderView): Contribution | null {
  const manifest = files.read('Cargo.toml');
  if (manifest === null) return null;
  const scope = /^\[workspace\]/m.test(manifest) ? ' --workspace' : '';
  const clippy = files.first('clippy.toml', '.clippy.toml');
  return {
    packageManager: { value: 'cargo', evidence: 'Cargo.toml' },
    gates: [
      ...conventional('Cargo.toml', { test: `cargo test${scope}`, build: `cargo build${scope}` }),
      ...(clippy === null ? [] : conventional(clippy, { lint: `cargo clippy${scope} -- -D warnings` })),
    ],
  };
}

function go(files: FolderView): Contribution | null {
  if (!files.has('go.mod')) return null;
  const commands = { test: 'go test ./...', lint: 'go vet ./...', build: 'go build ./...' };
  return { packageManager: { value: 'go', evidence: 'go.mod' }, gates: conventional('go.mod', commands) };
}

function gradle(files: FolderView): Contribution | null {
  const script = files.first('build.gradle.kts', 'build.gradle', 'settings.gradle.kts', 'settings.gradle');
  if (script === null) return null;
  const command = files.has('gradlew') ? './gradlew' : 'gradle';
  const gates = conventional(script, { test: `${command} test`, build: `${command} assemble` });
  return { packageManager: { value: 'gradle', evidence: script }, gates };
}

function maven(files: FolderView): Contribution | null {
  if (!files.has('pom.xml')) return null;
  const command = files.has('mvnw') ? './mvnw' : 'mvn';
  const commands = { test: `${command} -B -q test`, build: `${command} -B -q -DskipTests package` };
  return {
    packageManager: { value: 'maven', evidence: 'pom.xml' },
    gates: conventional('pom.xml', commands),
  };
}

function mix(files: FolderView): Contribution | null {
  if (!files.has('mix.exs')) return null;
  return {
    packageManager: { value: 'mix', evidence: 'mix.exs' },
    gates: conventional('mix.exs', { test: 'mix test', build: 'mix compile' }),
    setup: [{ value: 'mix deps.get', evidence: 'mix.exs' }],
  };
}

function composer(files: FolderView): Contribution | null {
  const manifest = files.read('composer.json');
  if (manifest === null) return null;
  const phpunit = files.first('phpunit.xml', 'phpunit.xml.dist');
  const script = hasKey(manifest, 'scripts', 'test');
  const gates: Gates = [
    ...(script
      ? [
          {
            name: 'test',
            run: 'composer test',
            evidence: 'composer.json scripts.test',
            origin: 'script',
          } as const,
        ]
      : []),
    ...(phpunit === null ? [] : conventional(phpunit, { test: 'vendor/bin/phpunit' })),
  ];
  const setup = [{ value: 'composer install --no-interaction', evidence: 'composer.json' }];
  return { packageManager: { value: 'composer', evidence: 'composer.json' }, gates, setup };
}

function ruby(files: FolderView): Contribution | null {
  if (!files.has('Gemfile')) return null;
  const isRspec = files.has('.rspec') || files.matching(/^spec\/.*_spec\.rb$/).length > 0;
  const tests = isRspec
    ? conventional('spec', { test: 'bundle exec rspec' })
    : files.has('Rakefile')
      ? conventional('Rakefile', { test: 'bundle exec rake test' })
      : [];
  const lint = files.has('.rubocop.yml') ? conventional('.rubocop.yml', { lint: 'bundle exec rubocop' }) : [];
  const setup = [{ value: 'bundle install', evidence: 'Gemfile' }];
  return { packageManager: { value: 'bundler', evidence: 'Gemfile' }, gates: [...tests, ...lint], setup };
}

function dotnet(files: FolderView): Contribution | null {
  const project = files.matching(/^[^/]+\.(sln|slnx|csproj|fsproj)$/)[0];
  if (project === undefined) return null;
  const gates = conventional(project, { test: 'dotnet test', build: 'dotnet build' });
  return { packageManager: { value: 'dotnet', evidence: project }, gates };
}

/** Whether `section` of a JSON text, comments allowed, has `key`; looks at a bounded part, so it stays linear. */
function hasKey(text: string, section: string, key: string): boolean {
  const start = text.indexOf(`"${section}"`);
  if (start < 0) return false;
  const body = text.slice(start, start + 5_000);
  const end = body.indexOf('}');
  return new RegExp(`"${key}"\\s*:`).test(end < 0 ? body : body.slice(0, end));
}

function swift(files: FolderView): Contribution | null {
  if (!files.has('Package.swift')) return null;
  return { gates: conventional('Package.swift', { test: 'swift test', build: 'swift build' }) };
}

function deno(files: FolderView): Contribution | null {
  const manifest = files.first('deno.json', 'deno.jsonc');
  if (manifest === null) return null;
  const test = hasKey(files.read(manifest) ?? '', 'tasks', 'test')
    ? ({ name: 'test', run: 'deno task test', evidence: `${manifest} tasks.test`, origin: 'script' } as const)
    : conventional(manifest, { test: 'deno test' })[0];
  return {
    packageManager: { value: 'deno', evidence: manifest },
    gates: [...(test === undefined ? [] : [test]), ...conventional(manifest, { lint: 'deno lint' })],
  };
}

export const ECOSYSTEMS: readonly Detector[] = [
  cargo,
  go,
  gradle,
  maven,
  mix,
  composer,
  ruby,
  dotnet,
  swift,
  deno,
];
