/** Wires the real adapters to the engine's ports for one repository. With `src/main.ts` the only place that knows both ends. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAgents } from '../adapters/agents/launch.ts';
import { composeEnvironment, secretValues } from '../adapters/agents/environment.ts';
import { openFailpoints } from '../adapters/failpoints/open-failpoints.ts';
import { openFiles } from '../adapters/files/open-files.ts';
import { openGit } from '../adapters/git/index.ts';
import type { RealGit } from '../adapters/git/index.ts';
import { openWatch } from '../adapters/watch/open-watch.ts';
import { openNotify } from '../adapters/notify/open-notify.ts';
import { openMachine } from '../adapters/machine/open-machine.ts';
import { openProcesses } from '../adapters/processes/open-processes.ts';
import type { Processes } from '../adapters/processes/open-processes.ts';
import { createWorkerRegex } from '../adapters/regex/worker-regex.ts';
import { openSqliteStore } from '../adapters/store-sqlite/store.ts';
import { openSystemClock } from '../adapters/clock/system-clock.ts';
import type { AbsolutePath } from '../core/ids.ts';
import type { Deps, MetricReader } from '../engine/deps.ts';
import { parsePattern, valuesOfMatches } from '../formats/reports/pattern.ts';
import { readVerdict } from '../formats/review/read-verdict.ts';
import { VERDICT_SCHEMA } from '../formats/review/verdict-schema.ts';
import { readMetricValues } from '../formats/reports/read.ts';
import { policyOf } from './policy.ts';

/** A user's regular expression may take this long over a gate's output. */
const PATTERN_LIMIT_MS = 1_000;

export interface OpenedDeps {
  readonly deps: Deps;
  /** Ends helper processes of the adapters; running agents and gates go on under their supervisors. */
  close(): Promise<void>;
}

export interface OpenDepsOptions {
  readonly repository: AbsolutePath;
  readonly stateDir: AbsolutePath;
  /** Folder of the built programs. */
  readonly distDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export async function openDeps(options: OpenDepsOptions): Promise<OpenedDeps> {
  const { repository, stateDir, distDir, environment } = options;
  const failpoint = openFailpoints(environment);
  const clock = openSystemClock();
  const store = await openSqliteStore({ path: join(stateDir, 'store.db'), failpoint, clock });
  const git: RealGit = await openGit({ userRepository: repository, stateDir, failpoint });
  const processes: Processes = openProcesses({ failpoint, supervisorEntry: join(distDir, 'supervisor.js') });
  const facts = await git.facts();
  const deps: Deps = {
    git,
    processes,
    store,
    agents: createAgents({
      environment,
      node: process.execPath,
      demoAgent: join(distDir, 'demo-agent.js'),
      acpBridge: join(distDir, 'acp-bridge.js'),
    }),
    clock,
    machine: openMachine(),
    files: openFiles(),
    watch: openWatch(),
    notify: openNotify({
      environment,
      platform: process.platform,
      secrets: secretValues(environment),
    }),
    failpoint,
    metrics: metricReader(),
    verdicts: { schema: VERDICT_SCHEMA, read: readVerdict },
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    baseEnvironment: composeEnvironment({ user: environment, passEnv: [], overlays: [] }),
    paths: { state: stateDir, repository: facts.root },
    policy: policyOf(facts.root),
  };
  return {
    deps,
    close: async () => {
      processes.close();
      await git.settled();
      git.close();
      await store.close();
    },
  };
}

function metricReader(): MetricReader {
  const regex = createWorkerRegex();
  return async (source, { output, checkout }) => {
    let text = output;
    if (source.file !== null) {
      try {
        text = await readFile(join(checkout, source.file), 'utf8');
      } catch {
        return { kind: 'unreadable', why: `${source.file} is not there` };
      }
    }
    if (source.kind !== 'regex') {
      const read = readMetricValues(source, text);
      return read.ok ? { kind: 'values', values: read.value } : { kind: 'unreadable', why: read.error };
    }
    const pattern = parsePattern(source.pattern);
    if (!pattern.ok) return { kind: 'unreadable', why: pattern.error };
    const outcome = await regex.matchAll(source.pattern, text, PATTERN_LIMIT_MS);
    if (outcome.kind !== 'matched') {
      return {
        kind: 'unreadable',
        why: outcome.kind === 'invalid' ? outcome.detail : `the pattern ${outcome.kind}`,
      };
    }
    const values = valuesOfMatches(outcome.matches);
    return values.ok ? { kind: 'values', values: values.value } : { kind: 'unreadable', why: values.error };
  };
}
