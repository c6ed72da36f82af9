/** The environment of set-up commands and gates: an allow-list, the plan's own variables, and Copse's. */
import type { Plan } from '../../core/plan/model.ts';
import type { Deps } from '../deps.ts';

export function commandEnvironment(
  deps: Deps,
  plan: Plan,
  more: Readonly<Record<string, string>>,
  place: { readonly workspace: string; readonly ports: Readonly<Record<string, number>> },
): Record<string, string> {
  const env: Record<string, string> = { ...deps.baseEnvironment };
  for (const [name, value] of Object.entries(plan.workspace.env)) env[name] = expand(value, place.workspace);
  for (const [name, port] of Object.entries(place.ports)) env[name] = String(port);
  for (const [name, value] of Object.entries(more)) env[name] = expand(value, place.workspace);
  return env;
}

/** `{workspace}` in a plan's value is the folder the command runs for. */
function expand(value: string, workspace: string): string {
  return value.replaceAll('{workspace}', workspace);
}
