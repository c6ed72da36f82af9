/** The program: wires the adapters behind the command line. Everything heavy is loaded when it is first asked for. */
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import type { World } from './surfaces/cli/host.ts';
import { printPlain } from './surfaces/cli/out.ts';
import { quickAnswer } from './surfaces/cli/quick-answers.ts';

declare const COPSE_VERSION: string;

const program = fileURLToPath(import.meta.url);
const distDir = dirname(program);
/** Unit tests run from the sources, where the bundler has defined nothing. */
const version = typeof COPSE_VERSION === 'string' ? COPSE_VERSION : '0.0.0';

const world: World = {
  env: process.env,
  version,
  cwd: workingFolder(),
  program: [process.execPath, program],

  async openStore(place) {
    const [{ openSqliteStore }, { openFailpoints }, { openSystemClock }] = await Promise.all([
      import('./adapters/store-sqlite/store.ts'),
      import('./adapters/failpoints/open-failpoints.ts'),
      import('./adapters/clock/system-clock.ts'),
    ]);
    return openSqliteStore({
      path: join(place.state, 'store.db'),
      failpoint: openFailpoints(process.env),
      clock: openSystemClock(),
    });
  },

  async openGit(place) {
    const [{ openGit }, { openFailpoints }] = await Promise.all([
      import('./adapters/git/index.ts'),
      import('./adapters/failpoints/open-failpoints.ts'),
    ]);
    return openGit({
      userRepository: place.repository,
      stateDir: place.state,
      failpoint: openFailpoints(process.env),
    });
  },

  async openDeps(place) {
    const { openDeps } = await import('./main/open-deps.ts');
    return openDeps({
      repository: place.repository,
      stateDir: place.state,
      distDir,
      environment: process.env,
    });
  },

  async openControl(place) {
    const { openControl } = await import('./adapters/control/open-control.ts');
    return openControl(join(place.state, 'control'));
  },

  async inspectProject(root, tracked) {
    const { inspectProject } = await import('./adapters/detect/project.ts');
    return inspectProject(root, tracked);
  },

  async inspectAgents() {
    const { inspectAgents } = await import('./adapters/detect/project.ts');
    return inspectAgents(process.env['PATH'] ?? '');
  },

  async readVersion(executable, timeoutMs) {
    const [{ readVersion }, { composeEnvironment }] = await Promise.all([
      import('./adapters/detect/version.ts'),
      import('./adapters/agents/environment.ts'),
    ]);
    const env = composeEnvironment({ user: process.env, passEnv: [], overlays: [] });
    return readVersion(executable, { timeoutMs, env });
  },

  async lookAtAgent({ runDir, worktree, output }) {
    const { lookAtAgent } = await import('./main/look-at-agent.ts');
    return lookAtAgent(runDir, worktree, output, Date.now());
  },

  async makeScratchRepository(name, files) {
    const { makeScratchRepository } = await import('./main/scratch-repository.ts');
    return makeScratchRepository(name, files, process.env['PATH'] ?? '');
  },

  async sqliteDriver() {
    const { loadSqlite } = await import('./adapters/store-sqlite/binding.ts');
    return (await loadSqlite()).name;
  },
};

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    // Deleted under the shell's feet: commands that need a repository will say that there is none.
    return '/';
  }
}

const words = process.argv.slice(2);
const quick = quickAnswer(words, version);
const code = quick === null ? await runWords() : await printPlain(quick).then(() => 0);
// Timers, sockets and reading processes of adapters must not keep a finished command alive.
process.exit(code);

async function runWords(): Promise<number> {
  const { runCli } = await import('./surfaces/cli/cli.ts');
  return runCli(words, world);
}
