/** The command of an agent, from a preset and what a plan says about it. */
import type { AgentSpec, ClientSpec } from '../../core/plan/model.ts';
import type { ClientPreset, Permission } from './presets.ts';
import { presetNamed, PRESETS } from './presets.ts';

export interface PresetSettings {
  readonly permissions?: Permission | undefined;
  readonly model?: string | undefined;
  /** More arguments, each a word of its own. */
  readonly args?: readonly string[] | undefined;
  readonly passEnv?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly parallel?: number | undefined;
  readonly instructions?: string | null | undefined;
  readonly account?: string | undefined;
}

/** A ready agent under `name`. A permission or a model that the client has no flag for is left out: see `unsupported`. */
export function composeAgent(preset: ClientPreset, name: string, settings: PresetSettings = {}): AgentSpec {
  const chosen = [
    ...(settings.model === undefined || preset.modelFlag === null
      ? []
      : [preset.modelFlag, literal(settings.model)]),
    ...(settings.args ?? []).map(literal),
  ];
  const permissions = preset.permissions[settings.permissions ?? 'edit'] ?? [];
  const flags = [...permissions, ...chosen];
  // Whoever judges only reads, where the client can be told so.
  const reviewFlags = [...(preset.permissions.plan ?? permissions), ...chosen, ...preset.schemaFlags];
  const command = (args: readonly string[], of: readonly string[]): string => {
    const words = [preset.executable, ...args.flatMap((arg) => (arg === '{flags}' ? of : [arg]))];
    return [...(preset.prelude ?? []), words.map(quoted).join(' ')].join('\n');
  };
  const client: ClientSpec = {
    output: preset.output,
    resume: preset.resume === null ? null : command(preset.resume, flags),
    account: settings.account ?? preset.name,
    model: settings.model ?? null,
    pricedAs: preset.pricedAs,
    review: {
      run: command(preset.start, reviewFlags),
      resume: preset.resume === null ? null : command(preset.resume, reviewFlags),
      env: {},
    },
  };
  return {
    kind: 'command',
    name,
    run: command(preset.start, flags),
    promptVia: preset.promptVia,
    passEnv: [...new Set([...preset.passEnv, ...(settings.passEnv ?? [])])],
    env: { ...preset.env, ...settings.env },
    parallel: settings.parallel ?? null,
    instructions: settings.instructions ?? null,
    client,
  };
}

/** What the plan asks of a client that has no flag for it. */
export function unsupported(preset: ClientPreset, settings: PresetSettings): readonly string[] {
  const found: string[] = [];
  if (settings.permissions !== undefined && preset.permissions[settings.permissions] === null)
    found.push(`permissions: ${settings.permissions}`);
  if (settings.model !== undefined && preset.modelFlag === null) found.push('model');
  return found;
}

/** The known client that a command line starts; null when it starts something else. */
export function clientOfCommand(run: string): ClientPreset | null {
  const word = /^\s*(?:exec\s+)?(?:\S*\/)?([a-z]+)(?:\s|$)/.exec(run)?.[1];
  return word === undefined ? null : presetNamed(word);
}

/** True when the command of a known client has no flag that lets it work without asking: it would do nothing and call that success. */
export function lacksApproval(run: string): boolean {
  const preset = clientOfCommand(run);
  if (preset === null) return false;
  return preset.approval.length > 0 && !preset.approval.some((flag) => run.includes(flag));
}

export function presetNames(): readonly string[] {
  return PRESETS.map((preset) => preset.name);
}

/** A value of the plan's own: no placeholder in it is replaced. */
export function literal(value: string): string {
  return value.replaceAll(/\{([a-z][a-z0-9_]*)\}/g, '{{$1}}');
}

export function quoted(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
