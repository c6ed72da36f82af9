/** Agents of a plan that are driven through ACP. */
import type { AgentSpec } from '../../core/plan/model.ts';
import type { AcpPreset } from '../agents/acp-presets.ts';
import { composeAcp } from '../agents/compose-acp.ts';
import type { PlanContext } from './context.ts';
import { report } from './context.ts';
import { textValues } from './make-gates.ts';
import { listOf } from './quantities.ts';
import type { AgentFile } from './schema.ts';

type AgentMap = Exclude<AgentFile, string>;

export function acpAgent(
  context: PlanContext,
  name: string,
  map: AgentMap,
  from: { readonly source: AcpPreset | string; readonly instructions: string | null },
): AgentSpec {
  const { source } = from;
  for (const key of ['prompt_via', 'output', 'resume'] as const) {
    if (map[key] === undefined) continue;
    report(context, ['agents', name, key], {
      code: 'E0209',
      message: `${key} of agent "${name}" is known already: it speaks ACP`,
      why: 'prompt, events and conversation go through the protocol',
      fix: 'remove it',
    });
  }
  if (typeof source === 'string' && /\{prompt(?:_file)?\}/.test(source)) {
    report(context, ['agents', name, 'acp'], {
      code: 'E0209',
      message: `the command of agent "${name}" takes a prompt, but it speaks ACP`,
      why: 'the prompt goes through the protocol',
      fix: 'remove the placeholder',
    });
  }
  if (typeof source === 'string' && map.args !== undefined) {
    report(context, ['agents', name, 'args'], {
      code: 'E0209',
      message: `args of agent "${name}" would be ignored`,
      why: 'its command is given in full by acp',
      fix: 'put them into acp',
    });
  }
  return composeAcp(source, name, {
    permissions: map.permissions,
    model: map.model,
    args: map.args === undefined ? undefined : listOf(map.args),
    passEnv: listOf(map.pass_env),
    env: textValues(map.env),
    parallel: map.parallel,
    account: map.account,
    instructions: from.instructions,
  });
}
