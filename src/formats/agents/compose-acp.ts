/** An agent that is driven through ACP, from a preset or a command, and what a plan says about it. */
import type { AcpPermission } from '../../core/agents/permissions.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import type { AcpPreset } from './acp-presets.ts';
import { literal, quoted } from './compose.ts';

export interface AcpSettings {
  readonly permissions?: AcpPermission | undefined;
  readonly model?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly passEnv?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly parallel?: number | undefined;
  readonly instructions?: string | null | undefined;
  readonly account?: string | undefined;
}

/** `source`: a known client, or the shell command that starts another. */
export function composeAcp(source: AcpPreset | string, name: string, settings: AcpSettings = {}): AgentSpec {
  const preset = typeof source === 'string' ? null : source;
  const permissions = settings.permissions ?? 'edit';
  const byFlag = preset !== null && preset.modelFlag !== null;
  const run = typeof source === 'string' ? source : commandOf(source, settings);
  return {
    kind: 'command',
    name,
    run,
    promptVia: 'stdin',
    passEnv: [...new Set([...(preset?.passEnv ?? []), ...(settings.passEnv ?? [])])],
    env: { ...preset?.env, ...preset?.envFor[permissions], ...settings.env },
    parallel: settings.parallel ?? null,
    instructions: settings.instructions ?? null,
    client: {
      output: 'copse',
      // Which conversation it is told through the protocol.
      resume: run,
      account: settings.account ?? preset?.account ?? name,
      model: settings.model ?? null,
      pricedAs: preset?.pricedAs ?? null,
      // Only reading is answered with yes: see `AcpPermission`.
      review: { run, resume: run, env: preset?.envFor.plan ?? {} },
    },
    acp: {
      permissions,
      model: byFlag ? null : (settings.model ?? null),
      offersFiles: preset?.offersFiles ?? true,
      auth: preset?.auth ?? null,
    },
  };
}

function commandOf(preset: AcpPreset, settings: AcpSettings): string {
  const model =
    preset.modelFlag === null || settings.model === undefined
      ? []
      : [preset.modelFlag, literal(settings.model)];
  const flags = [...model, ...(settings.args ?? []).map(literal)];
  return [preset.executable, ...preset.start.flatMap((arg) => (arg === '{flags}' ? flags : [arg]))]
    .map(quoted)
    .join(' ');
}
