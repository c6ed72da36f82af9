/** A gate slot ready for a commit: checked out clean, ignored files shared, set-up commands run when what they read changed. */
import type { AbsolutePath, CommitId, RepoPath } from '../../core/ids.ts';
import { SETUP_INPUTS } from '../../core/gates/setup-inputs.ts';
import { Failure } from '../../kit/failure.ts';
import type { ActContext } from '../deps.ts';
import { markerOf, under } from '../paths.ts';
import { commandEnvironment } from './environment.ts';
import { runCommand } from './run-command.ts';

/** null when cancelled. Failure `setup-failed` when a set-up command fails: the gates could not run. */
export async function prepareSlot(
  slot: string,
  commit: CommitId,
  context: ActContext,
): Promise<AbsolutePath | null> {
  const { deps, state } = context;
  const target = { branch: state.target, tip: state.queue.tip };
  const checkout = await deps.git.checkoutSlot(slot, commit, target);
  const policy = state.plan.workspace;
  if (policy.copy.length > 0 || policy.link.length > 0) {
    const spec = {
      task: slot,
      branch: state.target,
      path: checkout,
      base: commit,
      isolation: 'clone',
    } as const;
    await deps.git.shareFiles(spec, { copy: policy.copy, link: policy.link });
  }
  if (policy.setup.length === 0) return checkout;
  const stamp = under(deps.paths.state, `slots/${slot}.setup`);
  const wanted = await setupDigest(commit, context);
  if ((await deps.files.read(stamp)) === wanted) return checkout;
  const env = commandEnvironment(deps, state.plan, {}, { workspace: checkout, ports: {} });
  for (const [index, shell] of policy.setup.entries()) {
    const runDir = under(
      deps.paths.state,
      `runs/${state.id}/setup/${context.intent}-${slot}-${commit.slice(0, 12)}-${index}`,
    );
    const marker = markerOf(state.id, slot);
    const exit = await runCommand(
      { shell, runDir, cwd: checkout, env, timeoutMs: policy.setupTimeoutMs, marker },
      context,
    );
    if (exit === null) return null;
    if (exit.code !== 0) {
      throw new Failure('setup-failed', `set-up command "${shell}" failed in the gate checkout`, {
        hint: `see ${runDir}/log`,
      });
    }
  }
  await deps.files.write(stamp, wanted);
  return checkout;
}

/** Set-up is repeated when its commands or a lock file it reads changed. */
async function setupDigest(commit: CommitId, context: ActContext): Promise<string> {
  const { deps, state } = context;
  const contents = await Promise.all(SETUP_INPUTS.map((path) => deps.git.readFile(commit, path as RepoPath)));
  return deps.digest(JSON.stringify([state.plan.workspace.setup, contents]));
}
