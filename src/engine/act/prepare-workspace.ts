/** A worktree and branch for a task: provisioned, ignored files shared, ports picked, set-up commands run. */
import { Failure } from '../../kit/failure.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { ActContext } from '../deps.ts';
import { markerOf, setupFolder, under } from '../paths.ts';
import { commandEnvironment } from './environment.ts';
import { runCommand } from './run-command.ts';

type Prepare = Extract<Step, { kind: 'prepare-workspace' }>;

export async function prepareWorkspace(step: Prepare, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const policy = state.plan.workspace;
  const spec: WorkspaceSpec = {
    task: `${state.id}/${step.task}`,
    branch: step.branch,
    path: step.path,
    base: step.base,
    isolation: policy.isolation,
  };
  const outcome = await deps.git.provision(spec);
  if (outcome.kind === 'occupied') {
    return [
      {
        kind: 'workspace.failed',
        intent,
        task: step.task,
        what: 'occupied',
        detail: outcome.detail,
        log: null,
      },
    ];
  }
  const shared = await deps.git.shareFiles(spec, { copy: policy.copy, link: policy.link });
  const ports = await pickPorts(context);
  const failed = await runSetup(step, context, ports);
  if (failed !== null) return [failed];
  const { branch, path, base, isolation } = spec;
  return [
    {
      kind: 'workspace.prepared',
      intent,
      task: step.task,
      workspace: { branch, path, base, isolation, ports },
      technique: outcome.technique,
      missing: shared.missing,
    },
  ];
}

async function pickPorts(context: ActContext): Promise<Readonly<Record<string, number>>> {
  const { state } = context;
  const names = state.plan.workspace.ports;
  if (names.length === 0) return {};
  const recorded = [...state.tasks.values()].flatMap((task) => Object.values(task.workspace?.ports ?? {}));
  const free = await pickFree(context, names.length, recorded);
  return Object.fromEntries(names.map((name, index) => [name, free[index] ?? 0]));
}

/** Another worktree may be picking at the same time: what it was given is not on record yet. */
async function pickFree(
  { deps, pickedPorts }: ActContext,
  count: number,
  recorded: readonly number[],
): Promise<readonly number[]> {
  for (;;) {
    const free = await deps.machine.freePorts(count, [...recorded, ...pickedPorts]);
    if (free.some((port) => pickedPorts.has(port))) continue;
    for (const port of free) pickedPorts.add(port);
    return free;
  }
}

async function runSetup(
  step: Prepare,
  context: ActContext,
  ports: Readonly<Record<string, number>>,
): Promise<Fact | null> {
  const { deps, state, intent } = context;
  const env = commandEnvironment(
    deps,
    state.plan,
    { COPSE_TASK: step.task },
    { workspace: step.path, ports },
  );
  for (const [index, shell] of state.plan.workspace.setup.entries()) {
    const folder = setupFolder(state.id, intent, index);
    const marker = markerOf(state.id, `${step.task}-setup`);
    await deps.failpoint('before:env.setup');
    const runDir = under(deps.paths.state, folder);
    const timeoutMs = state.plan.workspace.setupTimeoutMs;
    const exit = await runCommand({ shell, runDir, cwd: step.path, env, timeoutMs, marker }, context);
    await deps.failpoint('after:env.setup');
    if (exit === null) throw new Failure('setup-stopped', `set-up command "${shell}" was stopped`);
    if (exit.code === 0) continue;
    const how =
      exit.cause === 'timeout'
        ? 'ran into its time limit'
        : `exited with ${exit.code ?? exit.signal ?? 'an error'}`;
    const detail = `set-up command "${shell}" ${how}`;
    return { kind: 'workspace.failed', intent, task: step.task, what: 'setup', detail, log: folder };
  }
  return null;
}
