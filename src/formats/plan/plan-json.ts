/** The frozen plan of a run as it stands in the event log. */
import type { Price } from '../../core/agents/prices.ts';
import { STREAM_FORMATS } from '../../core/agents/formats.ts';
import { ACP_PERMISSIONS } from '../../core/agents/permissions.ts';
import { parseTaskId } from '../../core/ids.ts';
import type { BranchName, GateName, RepoPath, TaskId } from '../../core/ids.ts';
import type {
  AcpSpec,
  AgentSpec,
  Approval,
  Budget,
  ClientSpec,
  ConflictPolicy,
  Estimate,
  GateSpec,
  Limits,
  MergePolicy,
  MetricSource,
  MetricSpec,
  Need,
  NotifyChannel,
  Plan,
  RetryPolicy,
  ReviewCommand,
  Scope,
  Task,
  Wave,
  WorkspacePolicy,
} from '../../core/plan/model.ts';
import type { ReviewPolicy } from '../../core/review/model.ts';
import type { Result } from '../../kit/result.ts';
import { err, ok } from '../../kit/result.ts';
import type { Decoder } from './json-decode.ts';
import {
  byKind,
  DecodeFault,
  fault,
  flag,
  list,
  number,
  oneOf,
  orNull,
  record,
  shape,
  text,
} from './json-decode.ts';

/** Raised when a plan written before can no longer be read as it stands. */
const VERSION = 1;

/** The plan as a plain JSON value. */
export function planToJson(plan: Plan): { readonly v: number; readonly plan: Plan } {
  return { v: VERSION, plan };
}

/** The plan of a JSON value, checked; the error names the first place that does not fit. */
export function planFromJson(value: unknown): Result<Plan, string> {
  try {
    const { v, plan } = envelope(value, 'plan');
    return v === VERSION
      ? ok(planOf(plan, 'plan'))
      : err(`plan of version ${v}, this program reads ${VERSION}`);
  } catch (error) {
    if (error instanceof DecodeFault) return err(error.message);
    throw error;
  }
}

const anything: Decoder<unknown> = (value) => value;
const envelope = shape<{ v: number; plan: unknown }>({ v: number, plan: anything });
const taskId: Decoder<TaskId> = (value, path) => parseTaskId(text(value, path)) ?? fault(path, 'a task id');
// These three were checked when the plan was made; here only their kind is.
const gateName = text as Decoder<GateName>;
const repoPath = text as Decoder<RepoPath>;
const branchName = text as Decoder<BranchName>;
const severity = oneOf(['blocker', 'warning']);

const budget = shape<Budget>({
  usd: orNull(number),
  tokens: orNull(number),
  timeMs: orNull(number),
  onExceed: oneOf(['pause', 'stop', 'warn']),
});

type CommandSpec = Extract<AgentSpec, { kind: 'command' }>;

const bareCommand = shape<Omit<CommandSpec, 'client' | 'acp'>>({
  kind: oneOf(['command']),
  name: text,
  run: text,
  promptVia: oneOf(['arg', 'stdin', 'file']),
  passEnv: list(text),
  env: record(text),
  parallel: orNull(number),
  instructions: orNull(text),
});

const bareClient = shape<Omit<ClientSpec, 'review'>>({
  output: oneOf(STREAM_FORMATS),
  resume: orNull(text),
  account: text,
  model: orNull(text),
  pricedAs: orNull(text),
});

const withReview = shape<{ review: unknown }>({ review: anything });

const reviewCommand = shape<ReviewCommand>({ run: text, resume: orNull(text), env: record(text) });

/** Plans of runs that began before reviews were known say nothing of them. */
function reviewOf<T>(inner: Decoder<T>, value: unknown, path: string): { readonly review?: T | null } {
  const { review } = withReview(value, path);
  return review === undefined ? {} : { review: orNull(inner)(review, `${path}.review`) };
}

const clientSpec: Decoder<ClientSpec> = (value, path) => ({
  ...bareClient(value, path),
  ...reviewOf(reviewCommand, value, path),
});

const withClient = shape<{ client: unknown }>({ client: anything });

/** Plans of runs that began before clients were known have none. */
function clientOf(value: unknown, path: string): Pick<CommandSpec, 'client'> {
  const { client } = withClient(value, path);
  return client === undefined ? {} : { client: clientSpec(client, `${path}.client`) };
}

const acpSpec = shape<AcpSpec>({
  permissions: oneOf(ACP_PERMISSIONS),
  model: orNull(text),
  offersFiles: flag,
  auth: orNull(shape<NonNullable<AcpSpec['auth']>>({ method: text, variable: text })),
});

const withAcp = shape<{ acp: unknown }>({ acp: anything });

function acpOf(value: unknown, path: string): Pick<CommandSpec, 'acp'> {
  const { acp } = withAcp(value, path);
  return acp === undefined ? {} : { acp: acpSpec(acp, `${path}.acp`) };
}

const agent = byKind<AgentSpec>({
  demo: shape<Extract<AgentSpec, { kind: 'demo' }>>({
    kind: oneOf(['demo']),
    name: text,
    parallel: orNull(number),
    instructions: orNull(text),
  }),
  command: (value, path) => ({
    ...bareCommand(value, path),
    ...clientOf(value, path),
    ...acpOf(value, path),
  }),
});

const workspace = shape<WorkspacePolicy>({
  isolation: oneOf(['worktree', 'clone']),
  base: orNull(text),
  branch: text,
  path: text,
  setup: list(text),
  setupTimeoutMs: number,
  copy: list(text),
  link: list(text),
  ports: list(text),
  env: record(text),
  keep: oneOf(['never', 'on_failure', 'always']),
});

type Baseline = NonNullable<MetricSpec['baseline']>;

const metric = shape<MetricSpec>({
  name: text,
  source: byKind<MetricSource>({
    regex: shape<Extract<MetricSource, { kind: 'regex' }>>({
      kind: oneOf(['regex']),
      pattern: text,
      file: orNull(repoPath),
    }),
    json: shape<Extract<MetricSource, { kind: 'json' }>>({
      kind: oneOf(['json']),
      path: text,
      file: orNull(repoPath),
    }),
    report: shape<Extract<MetricSource, { kind: 'report' }>>({
      kind: oneOf(['report']),
      format: oneOf(['junit', 'tap', 'lcov']),
      field: text,
      file: orNull(repoPath),
    }),
  }),
  aggregate: oneOf(['sum', 'min', 'max', 'mean', 'last', 'first', 'count']),
  min: orNull(number),
  max: orNull(number),
  equals: orNull(number),
  maxRegression: orNull(number),
  better: oneOf(['higher', 'lower']),
  baseline: orNull(
    byKind<Baseline>({
      base: shape<Extract<Baseline, { kind: 'base' }>>({ kind: oneOf(['base']) }),
      file: shape<Extract<Baseline, { kind: 'file' }>>({
        kind: oneOf(['file']),
        path: repoPath,
        json: orNull(text),
      }),
      value: shape<Extract<Baseline, { kind: 'value' }>>({ kind: oneOf(['value']), value: number }),
    }),
  ),
  severity,
});

const gate = shape<GateSpec>({
  name: gateName,
  run: text,
  timeoutMs: number,
  retries: number,
  at: list(oneOf(['wave', 'task', 'merge', 'phase', 'end'])),
  severity,
  lock: orNull(text),
  env: record(text),
  cwd: orNull(repoPath),
  metrics: list(metric),
});

const approval = shape<Approval>({ required: number, from: list(text) });
const withApproval = shape<{ approval: unknown }>({ approval: anything });

/** With its approval, where it has one. */
function approved<T extends object>(inner: Decoder<T>): Decoder<T & { readonly approval?: Approval | null }> {
  return (value, path) => {
    const given = withApproval(value, path).approval;
    const bare = inner(value, path);
    return given === undefined ? bare : { ...bare, approval: orNull(approval)(given, `${path}.approval`) };
  };
}

const bareWave = approved(
  shape<Omit<Wave, 'approval' | 'isReviewed'>>({
    number,
    id: text,
    title: text,
    prompt: text,
    gates: list(gateName),
    landsEarly: flag,
  }),
);

const withReviewed = shape<{ isReviewed: unknown }>({ isReviewed: anything });

const wave: Decoder<Wave> = (value, path) => {
  const { isReviewed } = withReviewed(value, path);
  const made = bareWave(value, path);
  return isReviewed === undefined ? made : { ...made, isReviewed: flag(isReviewed, `${path}.isReviewed`) };
};

const waves: Decoder<Task['waves']> = (value, path) => {
  const [first, ...rest] = list(wave)(value, path);
  return first === undefined ? fault(path, 'at least one wave') : [first, ...rest];
};

const bareTask = approved(
  shape<Omit<Task, 'approval' | 'review'>>({
    id: taskId,
    title: text,
    prompt: text,
    agent: text,
    fallback: list(text),
    mode: oneOf(['agent', 'manual']),
    priority: oneOf([0, 1, 2, 3, 4]),
    estimate: shape<Estimate>({
      lowMinutes: number,
      likelyMinutes: number,
      highMinutes: number,
      origin: oneOf(['declared', 'default']),
    }),
    scope: shape<Scope>({
      include: list(text),
      exclude: list(text),
      origin: oneOf(['declared', 'text', 'none']),
    }),
    needs: list(
      shape<Need>({
        task: taskId,
        wave: orNull(number),
        when: oneOf(['merged', 'verified', 'started', 'completed']),
      }),
    ),
    waves,
    retries: shape<RetryPolicy>({
      max: number,
      backoff: oneOf(['none', 'fixed', 'exponential']),
      delayMs: number,
      on: list(oneOf(['crash', 'timeout', 'stall', 'no_change', 'gate', 'rate_limit', 'violation'])),
    }),
    timeoutMs: number,
    stallMs: number,
    locks: list(text),
    exclusive: flag,
    accept: list(text),
    budget: orNull(budget),
    issue: orNull(number),
  }),
);

const reviewPolicy = shape<ReviewPolicy>({
  agent: text,
  minScore: number,
  maxIterations: number,
  onFail: oneOf(['escalate', 'fail', 'warn']),
});

const task: Decoder<Task> = (value, path) => ({
  ...bareTask(value, path),
  ...reviewOf(reviewPolicy, value, path),
});

const price = shape<Price>({ input: number, cacheRead: number, cacheWrite: number, output: number });
const withPrices = shape<{ prices: unknown; notify: unknown }>({ prices: anything, notify: anything });
const causes = list(oneOf(['needs_you', 'failed', 'done']));
const channel = byKind<NotifyChannel>({
  desktop: shape({ kind: oneOf(['desktop']), on: causes }),
  webhook: shape({ kind: oneOf(['webhook']), on: causes, to: text, secretEnv: orNull(text) }),
});

function planOf(value: unknown, path: string): Plan {
  const { prices, notify } = withPrices(value, path);
  const plan = barePlan(value, path);
  return {
    ...plan,
    ...(prices === undefined ? {} : { prices: record(price)(prices, `${path}.prices`) }),
    ...(notify === undefined ? {} : { notify: list(channel)(notify, `${path}.notify`) }),
  };
}

const barePlan = shape<Omit<Plan, 'prices' | 'notify'>>({
  name: text,
  goal: orNull(text),
  agents: record(agent),
  workspace,
  gates: record(gate),
  tasks: list(task),
  merge: shape<MergePolicy>({
    into: orNull(branchName),
    strategy: oneOf(['merge', 'squash', 'rebase']),
    slots: number,
    everyCommit: flag,
    update: oneOf(['auto', 'offer', 'never']),
    onFailure: oneOf(['eject', 'stop', 'rollback']),
    conflicts: (value, at) =>
      value === undefined
        ? ['human']
        : list(oneOf(['auto', 'structural', 'candidates', 'agent', 'human']))(value, at),
    resolver: (value, at) => (value === undefined ? null : orNull(text)(value, at)),
    tag: (value, at) => (value === undefined ? null : orNull(text)(value, at)),
  }),
  limits: shape<Limits>({
    parallel: orNull(number),
    cpu: orNull(number),
    memory: orNull(number),
    diskFreeBytes: orNull(number),
    perTask: shape<Limits['perTask']>({ cpus: orNull(number), memoryBytes: orNull(number) }),
    agents: record(number),
  }),
  conflicts: shape<ConflictPolicy>({
    onOverlap: oneOf(['serialize', 'warn', 'allow']),
    enforceScope: oneOf(['off', 'warn', 'block']),
    ignore: list(text),
  }),
  budget: orNull(budget),
});
