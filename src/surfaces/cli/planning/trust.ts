/** A plan is code: its commands run only if they were written or allowed on this machine. Kept by content, outside the repository. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../../core/plan/model.ts';
import { Failure } from '../../../kit/failure.ts';
import type { Context } from '../host.ts';
import type { Place } from '../place.ts';
import { confirm } from '../ask.ts';
import { commandsOf, type LoadedPlan } from './load-plan.ts';

interface TrustFile {
  readonly version: 1;
  /** Digests of allowed command lists, with when and from where. */
  readonly allowed: Readonly<Record<string, { readonly at: string; readonly plan: string }>>;
}

/** Most entries kept; the oldest go first. */
const MAX_ENTRIES = 500;

/** Digest of everything that decides what runs: commands, and the variables they run with. */
export function trustDigest(plan: Plan): string {
  const gates = Object.values(plan.gates).map((gate) => [gate.name, gate.run, gate.env, gate.cwd]);
  const agents = Object.values(plan.agents).map((agent) =>
    agent.kind === 'command'
      ? [agent.name, agent.run, agent.env, agent.passEnv, ...resumeOf(agent), ...acpOf(agent)]
      : [agent.name],
  );
  const { setup, env } = plan.workspace;
  const told = notifyOf(plan);
  return createHash('sha256')
    .update(JSON.stringify({ gates, agents, setup, env, ...told }))
    .digest('hex');
}

/** Where the plan sends news of the run; only where it does. */
function notifyOf({ notify = [] }: Plan): {
  readonly notify?: readonly (readonly [string, string | null])[];
} {
  const told = notify.flatMap((one) => (one.kind === 'webhook' ? [[one.to, one.secretEnv] as const] : []));
  return told.length === 0 ? {} : { notify: told };
}

/** Only where there is one, so that lists allowed before stay allowed. */
function resumeOf(agent: Extract<Plan['agents'][string], { kind: 'command' }>): readonly string[] {
  const resume = agent.client?.resume ?? null;
  return resume === null ? [] : [resume];
}

/** Who answers what the agent asks decides what it may do. */
function acpOf(agent: Extract<Plan['agents'][string], { kind: 'command' }>): readonly string[] {
  return agent.acp === undefined ? [] : ['acp', agent.acp.permissions];
}

export function isTrusted(place: Place, plan: Plan): boolean {
  return commandsOf(plan).length === 0 || Object.hasOwn(readTrust(place).allowed, trustDigest(plan));
}

export function allow(place: Place, plan: Plan, from: string): void {
  const allowed = {
    ...readTrust(place).allowed,
    [trustDigest(plan)]: { at: new Date().toISOString(), plan: from },
  };
  const kept = Object.entries(allowed)
    .toSorted(([, a], [, b]) => (a.at < b.at ? -1 : 1))
    .slice(-MAX_ENTRIES);
  const file = trustFile(place);
  mkdirSync(place.state, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  const content: TrustFile = { version: 1, allowed: Object.fromEntries(kept) };
  writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}

/** Asks, or accepts with `--yes`; failure `plan-untrusted` when nobody may be asked or the answer is no. */
export async function requireTrust(context: Context, place: Place, loaded: LoadedPlan): Promise<void> {
  const { plan, source } = loaded;
  // Words of the command line were written here and now.
  if (source === null || isTrusted(place, plan)) return;
  const { out, globals } = context;
  if (!globals.yes) {
    const lines = [
      `the commands of ${source.shown} were not allowed on this machine yet. It may run:`,
      ...listed(plan),
    ];
    if (!out.canAsk) {
      out.problem(...lines);
      throw untrusted(source.shown);
    }
    out.problem(...lines);
    if (!(await confirm(context, 'Allow these commands?', '--yes'))) throw untrusted(source.shown);
  }
  allow(place, plan, source.path);
}

export function listed(plan: Plan): readonly string[] {
  return commandsOf(plan).map((command) => `  ${command}`);
}

function untrusted(shown: string): Failure {
  return new Failure('plan-untrusted', `the commands of ${shown} are not allowed yet`, {
    hint: 'copse trust    # shows them and allows them; or: --yes',
  });
}

function readTrust(place: Place): TrustFile {
  try {
    const value = JSON.parse(readFileSync(trustFile(place), 'utf8')) as Partial<TrustFile>;
    if (value.version === 1 && typeof value.allowed === 'object' && value.allowed !== null)
      return value as TrustFile;
  } catch {
    // Absent or unreadable: nothing is allowed.
  }
  return { version: 1, allowed: {} };
}

function trustFile(place: Place): string {
  return join(place.state, 'trust.json');
}
