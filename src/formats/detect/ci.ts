/** The commands a CI workflow runs, read line by line: evidence for a gate, and the last resort for one. */
import type { DetectedGateName } from './model.ts';

export interface CiCommand {
  readonly command: string;
  readonly file: string;
}

/** The shell lines under `run:` (GitHub) and `script:` (GitLab); those with expressions are left out. */
export function ciCommands(file: string, text: string): CiCommand[] {
  const lines = text.split(/\r?\n/);
  const found: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const head = /^(\s*)(?:- )?(?:run|script|before_script):\s*(.*)$/.exec(lines[index] ?? '');
    if (head === null) continue;
    const value = (head[2] ?? '').trim();
    if (value !== '' && !/^[|>]/.test(value)) found.push(value);
    else found.push(...blockBelow(lines, index, (head[1] ?? '').length));
  }
  return found
    .flatMap((block) => block.replace(/[ \t]*\\\n\s*/g, ' ').split('\n'))
    .map((line) =>
      line
        .trim()
        .replace(/^- /, '')
        .replace(/^(["'])(.*)\1$/, '$2')
        .trim(),
    )
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('${{'))
    .map((command) => ({ command, file }));
}

function blockBelow(lines: readonly string[], head: number, indent: number): string[] {
  const body: string[] = [];
  for (const line of lines.slice(head + 1)) {
    const depth = /^\s*/.exec(line)?.[0].length ?? 0;
    if (line.trim() !== '' && depth <= indent) break;
    body.push(line.trim());
  }
  return [body.join('\n')];
}

const KNOWN: readonly (readonly [DetectedGateName, RegExp])[] = [
  ['types', /^(npx )?(tsc|mypy|pyright)\b|\brun (typecheck|type-check|types)\b/],
  [
    'lint',
    /^(npx )?(eslint|oxlint|ruff check|flake8|golangci-lint run|cargo clippy|rubocop)\b|\brun lint\b|^make lint\b/,
  ],
  ['format', /^(npx )?(prettier --check|cargo fmt .*--check|black --check|gofmt -l)/],
  [
    'test',
    /^(python3? -m )?(pytest|unittest|tox|nox)\b|^(cargo|go|mix|dotnet|swift|deno|bun) test\b|^cargo nextest run\b|^(npx )?(vitest run|jest|mocha|ava)\b|^(npm|pnpm|yarn) (run )?test\b|^make (test|check)\b|^ctest\b|^(\.\/)?(gradlew?|mvnw?)\b.*\b(test|check|verify)\b|^bundle exec (rspec|rake)\b/,
  ],
  ['build', /^(cargo|go|dotnet|swift) build\b|\brun build\b|^make( all| build)?$/],
];

/** The gate a command looks like; null when it is none, or does more than one thing. */
export function gateOf(command: string): DetectedGateName | null {
  if (/[|;&<>`$]|\b(sudo|curl|docker|publish|deploy|push)\b/.test(command)) return null;
  return KNOWN.find(([, pattern]) => pattern.test(command))?.[0] ?? null;
}
