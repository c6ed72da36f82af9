/** Plans and tasks for tests of the core: everything by default but what the test is about. */
import type { TaskId } from '../ids.ts';
import { planDefaults } from './defaults.ts';
import type { Plan, Task } from './model.ts';

export function testTask(id: string, given: Partial<Task> & { readonly minutes?: number } = {}): Task {
  const { minutes = 60, ...rest } = given;
  return {
    id: id as TaskId,
    title: id,
    prompt: id,
    agent: 'demo',
    fallback: [],
    mode: 'agent',
    priority: 2,
    estimate: { lowMinutes: minutes, likelyMinutes: minutes, highMinutes: minutes, origin: 'declared' },
    scope: { include: [], exclude: [], origin: 'none' },
    needs: [],
    waves: [{ number: 1, id: '1', title: id, prompt: '', gates: [], landsEarly: false }],
    retries: {
      max: planDefaults.retryMax.value,
      backoff: planDefaults.retryBackoff.value,
      delayMs: planDefaults.retryDelayMs.value,
      on: planDefaults.retryOn.value,
    },
    timeoutMs: planDefaults.timeoutMs.value,
    stallMs: planDefaults.stallMs.value,
    locks: [],
    exclusive: false,
    accept: [],
    budget: null,
    issue: null,
    ...rest,
  };
}

export function testPlan(tasks: readonly Task[], given: Partial<Plan> = {}): Plan {
  return {
    name: 'plan',
    goal: null,
    agents: { demo: { kind: 'demo', name: 'demo', parallel: null, instructions: null } },
    workspace: {
      isolation: 'worktree',
      base: null,
      branch: planDefaults.branch.value,
      path: planDefaults.path.value,
      setup: [],
      setupTimeoutMs: planDefaults.setupTimeoutMs.value,
      copy: [],
      link: [],
      ports: [],
      env: {},
      keep: 'on_failure',
    },
    gates: {},
    tasks,
    merge: {
      into: null,
      strategy: 'merge',
      slots: 1,
      everyCommit: false,
      onFailure: 'eject',
      update: 'auto',
      conflicts: ['auto', 'human'],
      resolver: null,
      tag: null,
    },
    limits: {
      parallel: null,
      cpu: null,
      memory: null,
      diskFreeBytes: null,
      perTask: { cpus: null, memoryBytes: null },
      agents: {},
    },
    conflicts: { onOverlap: 'serialize', enforceScope: 'warn', ignore: [] },
    budget: null,
    ...given,
  };
}
