import { type CiCommand, ciCommands, gateOf } from './ci.ts';
import { ECOSYSTEMS } from './ecosystems.ts';
import {
  type Contribution,
  type DetectedGate,
  type Finding,
  type FolderView,
  GATE_NAMES,
  type ProjectFiles,
  type ProjectFindings,
} from './model.ts';
import { detectNode } from './node.ts';
import { detectPython } from './python.ts';
import { detectRunners } from './runners.ts';

/** Order is rank: a command the project names beats a tool's usual one. */
const DETECTORS = [detectNode, detectRunners, detectPython, ...ECOSYSTEMS];

const MAX_FOLDERS = 20;

/**
 * Gates, set-up and files to share, from names and manifests alone. Looks one folder down when the root has no tests.
 * Never throws; the same files give the same findings.
 */
export function detectProject(files: ProjectFiles): ProjectFindings {
  const ci = workflowCommands(files);
  const found = folders(files).flatMap((folder) => contributions(files, folder));
  const isTestedAtRoot = found.some(
    (one) => one.folder === '' && one.gates?.some((gate) => gate.name === 'test'),
  );
  const used = isTestedAtRoot ? found.filter((one) => one.folder === '') : found;
  const candidates = rank([...used.flatMap((one) => gatesOf(one, ci)), ...ciGates(ci)]);
  const gates = GATE_NAMES.flatMap((name) => candidates.find((gate) => gate.name === name) ?? []);
  const setup = used.flatMap((one) => (one.setup ?? []).map((command) => within(one.folder, command)));
  return {
    packageManager: used.find((one) => one.packageManager !== undefined)?.packageManager ?? null,
    gates,
    alternatives: candidates.filter((gate) => !gates.includes(gate)),
    setup,
    copy: copied(files),
    link: linked(files, setup.length > 0),
  };
}

type Placed = Contribution & { readonly folder: string };

/** The root first, then folders that hold a manifest, in order. */
function folders(files: ProjectFiles): string[] {
  const below = files.tracked.flatMap((file) => {
    const parts = file.split('/');
    return parts.length === 2 && !parts[0]?.startsWith('.') ? [parts[0] ?? ''] : [];
  });
  return ['', ...[...new Set(below)].toSorted().slice(0, MAX_FOLDERS)];
}

function contributions(files: ProjectFiles, folder: string): Placed[] {
  const view = viewOf(files, folder);
  return DETECTORS.flatMap((detect) => {
    const found = detect(view);
    return found === null ? [] : [{ ...found, folder }];
  });
}

function viewOf(files: ProjectFiles, folder: string): FolderView {
  const prefix = folder === '' ? '' : `${folder}/`;
  const names = files.tracked
    .filter((file) => file.startsWith(prefix))
    .map((file) => file.slice(prefix.length));
  const known = new Set(names);
  return {
    has: (name) => known.has(name),
    first: (...wanted) => wanted.find((name) => known.has(name)) ?? null,
    matching: (pattern) => names.filter((name) => pattern.test(name)),
    read: (name) => (known.has(name) ? files.read(prefix + name) : null),
  };
}

function gatesOf(placed: Placed, ci: readonly CiCommand[]): DetectedGate[] {
  return (placed.gates ?? []).map((gate) => {
    const seen = ci.find(
      ({ command }) => command === gate.run || command === gate.run.replace(/^npm test$/, 'npm run test'),
    );
    return {
      ...gate,
      cwd: placed.folder === '' ? null : placed.folder,
      evidence: [
        placed.folder === '' ? gate.evidence : `${placed.folder}/${gate.evidence}`,
        seen && `also in ${seen.file}`,
      ]
        .filter((part) => part !== undefined)
        .join(', '),
      isInCi: seen !== undefined,
    };
  });
}

function ciGates(ci: readonly CiCommand[]): DetectedGate[] {
  return ci.flatMap(({ command, file }) => {
    const name = gateOf(command);
    if (name === null) return [];
    return [{ name, run: command, cwd: null, evidence: file, origin: 'ci' as const, isInCi: true }];
  });
}

/** What CI runs too comes first among equals; the same command is kept once. */
function rank(gates: readonly DetectedGate[]): DetectedGate[] {
  const weight = (gate: DetectedGate): number =>
    (gate.cwd === null ? 0 : 8) + { script: 0, convention: 2, ci: 4 }[gate.origin] + (gate.isInCi ? 0 : 1);
  const unique = gates.filter(
    (gate, index) => gates.findIndex((other) => other.run === gate.run && other.cwd === gate.cwd) === index,
  );
  return unique.toSorted((a, b) => weight(a) - weight(b));
}

function within(folder: string, command: Finding<string>): Finding<string> {
  if (folder === '') return command;
  return { value: `cd ${quoted(folder)} && ${command.value}`, evidence: `${folder}/${command.evidence}` };
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function workflowCommands(files: ProjectFiles): CiCommand[] {
  return files.tracked
    .filter((file) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file) || file === '.gitlab-ci.yml')
    .slice(0, MAX_FOLDERS)
    .flatMap((file) => ciCommands(file, files.read(file) ?? ''));
}

/** Local settings that a fresh worktree lacks; examples are tracked or say so. */
function copied(files: ProjectFiles): Finding<string>[] {
  return files.untracked
    .filter(
      (file) => /(^|\/)\.env(\.[\w.-]+)?$/.test(file) && !/\.(example|sample|template|dist|bak)$/.test(file),
    )
    .map((file) => ({ value: file, evidence: `${file} is there and not tracked` }));
}

/** Installed packages that no set-up command would bring; linking what one installs would share its writes. */
function linked(files: ProjectFiles, hasSetup: boolean): Finding<string>[] {
  const wanted = ['.venv/', 'venv/', ...(hasSetup ? [] : ['node_modules/', 'vendor/'])];
  return wanted
    .filter((folder) => files.untracked.includes(folder))
    .map((folder) => ({ value: folder.slice(0, -1), evidence: `${folder} is there and not tracked` }));
}
