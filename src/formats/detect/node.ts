import { assertNever } from '../../kit/assert.ts';
import type { Contribution, DetectedGateName, Finding, FolderView } from './model.ts';

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

const LOCKS: readonly (readonly [string, Manager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/** Script names of each gate, best first. */
const SCRIPTS: readonly (readonly [DetectedGateName, readonly string[]])[] = [
  ['test', ['test:ci', 'test', 'test:unit', 'tests']],
  ['types', ['typecheck', 'type-check', 'check-types', 'types', 'tsc']],
  ['lint', ['lint:ci', 'lint']],
  ['format', ['format:check', 'check:format', 'prettier:check', 'fmt:check']],
  ['build', ['build']],
];

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly packageManager: string | null;
  readonly hasDependencies: boolean;
}

/** package.json: manager by field, then lock file; gates by script; npm's placeholder and watchers do not count. */
export function detectNode(files: FolderView): Contribution | null {
  const manifest = parseManifest(files.read('package.json'));
  if (manifest === null) return null;
  const manager = managerOf(files, manifest);
  const gates = SCRIPTS.flatMap(([name, candidates]) =>
    candidates
      .filter((script) => isUsable(manifest.scripts[script]))
      .map((script) => ({
        name,
        run: runScript(manager.value, script, manifest.scripts[script] ?? ''),
        evidence: `package.json scripts.${script}`,
        origin: 'script' as const,
      })),
  );
  const setup = manifest.hasDependencies ? [install(files, manager)] : [];
  return { packageManager: manager, gates, setup };
}

function parseManifest(text: string | null): Manifest | null {
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
  if (!isRecord(json)) return null;
  const scripts = isRecord(json['scripts']) ? json['scripts'] : {};
  const named = Object.entries(scripts).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'workspaces'];
  const manager = json['packageManager'];
  return {
    scripts: Object.fromEntries(named),
    packageManager: typeof manager === 'string' ? manager : null,
    hasDependencies: kinds.some((kind) => Object.keys(json[kind] ?? {}).length > 0),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function managerOf(files: FolderView, manifest: Manifest): Finding<Manager> {
  const named = /^(npm|pnpm|yarn|bun)@/.exec(manifest.packageManager ?? '')?.[1];
  if (named !== undefined) return { value: named as Manager, evidence: 'package.json packageManager' };
  const lock = LOCKS.find(([file]) => files.has(file));
  if (lock !== undefined) return { value: lock[1], evidence: lock[0] };
  return { value: 'npm', evidence: 'package.json, no lock file' };
}

function isUsable(script: string | undefined): boolean {
  if (script === undefined || script.trim() === '') return false;
  return !/no test specified/.test(script) && !/(^|\s)(--watch(All)?|watch)(\s|$)/.test(script);
}

function runScript(manager: Manager, script: string, body: string): string {
  const short = script === 'test' && manager !== 'bun';
  const command = short ? `${manager} test` : `${manager} run ${script}`;
  // Create React App watches unless it believes to be in CI.
  return /\breact-scripts test\b/.test(body) ? `CI=true ${command}` : command;
}

/** What an agent leaves uncommitted is committed for it, and a lock file that the set-up wrote is not its work. */
function installWithoutLock(files: FolderView, manager: Manager): string {
  switch (manager) {
    case 'npm':
      return 'npm install --no-package-lock';
    case 'pnpm':
      return 'pnpm install --no-lockfile';
    case 'bun':
      return 'bun install --no-save';
    case 'yarn':
      // The later ones have no such flag.
      return files.has('.yarnrc.yml') ? 'yarn install' : 'yarn install --no-lockfile';
    default:
      return assertNever(manager);
  }
}

function install(files: FolderView, manager: Finding<Manager>): Finding<string> {
  const lock = LOCKS.find(([file, name]) => name === manager.value && files.has(file))?.[0];
  const evidence = lock ?? 'package.json without a lock file';
  if (lock === undefined) return { value: installWithoutLock(files, manager.value), evidence };
  switch (manager.value) {
    case 'npm':
      return { value: 'npm ci', evidence };
    case 'yarn':
      return {
        value: `yarn install ${files.has('.yarnrc.yml') ? '--immutable' : '--frozen-lockfile'}`,
        evidence,
      };
    default:
      return { value: `${manager.value} install --frozen-lockfile`, evidence };
  }
}
