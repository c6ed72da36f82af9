/** `agents`: what is installed of the known clients. They are asked for their version and nothing else. */
import { ACP_PRESETS } from '../../../formats/agents/acp-presets.ts';
import { versionTrouble } from '../../../formats/agents/check-version.ts';
import { type ClientPreset, PRESETS } from '../../../formats/agents/presets.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';

/** Some agents take seconds to say their version. */
const VERSION_MS = 8_000;

export interface AgentRow {
  readonly preset: ClientPreset;
  /** null: not on PATH. */
  readonly path: string | null;
  /** null: not installed, or it does not say. */
  readonly version: string | null;
  readonly trouble: string | null;
}

/** Every known client, installed or not, in order of preference. */
export async function lookAtAgents({ world }: Context): Promise<readonly AgentRow[]> {
  const found = new Map((await world.inspectAgents()).map((one) => [one.agent.name, one.evidence]));
  return Promise.all(
    PRESETS.map(async (preset): Promise<AgentRow> => {
      const path = found.get(preset.name) ?? null;
      if (path === null) return { preset, path, version: null, trouble: null };
      const version = await world.readVersion(path, VERSION_MS);
      const trouble =
        version === null
          ? 'it does not say its version'
          : versionTrouble(preset, version, process.versions.node);
      return { preset, path, version, trouble };
    }),
  );
}

export async function showAgents(context: Context): Promise<number> {
  const { out } = context;
  const rows = await lookAtAgents(context);
  if (out.json) out.envelope('agents', { agents: rows.map(viewOf) });
  else {
    const width = Math.max(...rows.map(({ preset }) => preset.name.length));
    for (const row of rows) out.answer(...linesOf(row, width, out.style));
    out.note(
      '',
      'a plan names one with agent: NAME; settings of its own: agents: {NAME: {model: …, permissions: edit}}',
    );
  }
  return EXIT.done;
}

function viewOf({ preset, path, version, trouble }: AgentRow) {
  return {
    name: preset.name,
    installed: path !== null,
    ...(path === null ? { install: preset.install } : { path, version, login: preset.login }),
    ok: path !== null && trouble === null,
    ...(trouble === null ? {} : { trouble }),
    traps: preset.traps,
    resumes: preset.resume !== null,
    reads_only: preset.permissions.plan !== null,
    structured_answer: preset.schemaFlags.length > 0,
    output: preset.output,
    over_acp: acpNames(preset),
  };
}

/** Agents of a plan that are the same client, spoken to over ACP. */
function acpNames(preset: ClientPreset): readonly string[] {
  return ACP_PRESETS.filter(({ account }) => account === preset.name).map(({ name }) => name);
}

function linesOf(
  { preset, path, version, trouble }: AgentRow,
  width: number,
  style: Context['out']['style'],
): readonly string[] {
  const title = preset.name.padEnd(width);
  const indent = ' '.repeat(width + 8);
  if (path === null) return [`–     ${title}  not installed: ${preset.install}`];
  const word = trouble === null ? style.green('ok  ') : style.yellow('warn');
  return [
    `${word}  ${title}  ${version ?? 'version unknown'}  (${path})`,
    ...(trouble === null ? [] : [`${indent}${trouble}`]),
    `${indent}login: ${preset.login}`,
    ...acpNames(preset).map((name) => `${indent}over ACP, where permissions can be asked for: ${name}`),
    ...preset.traps.map((trap) => `${indent}note: ${trap}`),
  ];
}
