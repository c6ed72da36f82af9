/**
 * Memory with 20 living ACP sessions: of Copse itself, and of the supervisor and the bridge of each. Each agent is a
 * scripted one that has been given its prompt and has not answered. No goal is set: the agents' own memory is far larger.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BranchName, RunId } from '../src/core/ids.ts';
import type { AgentSpec } from '../src/core/plan/model.ts';
import { startRun } from '../src/engine/api.ts';
import { planOf } from '../test/support/plan-builder.ts';
import { metric, publish } from './lib/measure.ts';
import { DIST, openLeader } from './lib/run-engine.ts';
import { endPrograms, pidOf, processFolders, proportionalBytes } from './lib/run-folders.ts';
import { makeRepository, type ScratchRepository } from './lib/scratch-repository.ts';

const SESSIONS = 20;
/** Longer than anything here may take; the agents are ended before. */
const LIMIT_MS = 300_000;
const FAKE = join(DIST, '..', 'test/support/fake-acp-agent.mjs');

const repository = makeRepository(20);
try {
  await measure();
} finally {
  await endPrograms(repository);
  repository.dispose();
}
process.exit(0);

async function measure(): Promise<void> {
  const { deps, leadership } = await openLeader(repository);
  const before = ownBytes();
  const agents = Array.from({ length: SESSIONS }, (_, index) => speaking(repository, `s${index}`));
  const tasks = agents.map(
    ({ name }) => [name, { agent: name, timeoutMs: LIMIT_MS, stallMs: LIMIT_MS }] as const,
  );
  const request = {
    run: 'run-bench' as RunId,
    mode: 'plan',
    plan: planOf(Object.fromEntries(tasks), {
      agents: Object.fromEntries(agents.map((agent) => [agent.name, agent])),
    }),
    target: 'copse/integration' as BranchName,
    options: { noMerge: true, parallel: SESSIONS, only: null, prepareOnly: false, seed: 7 },
    branches: [],
  } as const;
  const loop = await startRun(deps, leadership, request, () => undefined);
  void loop.run();
  const giveUpAt = Date.now() + LIMIT_MS;
  while (!agents.every(({ name }) => hasPrompt(repository, name))) {
    if (Date.now() > giveUpAt) throw new Error('not every agent got its prompt');
    await delay(100);
  }
  const folders = processFolders(repository);
  if (folders.length !== SESSIONS) throw new Error(`${folders.length} processes instead of ${SESSIONS}`);
  const each = (whose: 'supervisor' | 'program'): number[] =>
    folders.map((folder) => proportionalBytes(pidOf(folder, whose)));
  publish({
    copse: metric([ownBytes()], 'bytes', { note: `resident, with ${SESSIONS} living sessions` }),
    copse_before: metric([before], 'bytes', { note: 'resident, before the run began' }),
    supervisor: metric(each('supervisor'), 'bytes', { note: 'proportional, of each' }),
    bridge: metric(each('program'), 'bytes', { note: 'proportional, of each' }),
  });
}

function ownBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

function scriptOf({ root }: ScratchRepository, name: string): string {
  return join(root, `${name}.json`);
}

function hasPrompt(where: ScratchRepository, name: string): boolean {
  const journal = `${scriptOf(where, name)}.journal`;
  return existsSync(journal) && readFileSync(journal, 'utf8').includes('"session/prompt"');
}

/** A script of its own for each: they note their conversations beside it. */
function speaking(where: ScratchRepository, name: string): AgentSpec {
  const script = scriptOf(where, name);
  writeFileSync(script, JSON.stringify({ turns: [[{ hang: true }]] }));
  return {
    kind: 'command',
    name,
    run: `exec '${process.execPath}' '${FAKE}' '${script}' # {prompt_file}`,
    promptVia: 'file',
    passEnv: [],
    env: {},
    parallel: null,
    instructions: null,
    acp: { permissions: 'edit', model: null, offersFiles: false, auth: null },
  };
}
