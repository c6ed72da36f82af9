/** What `doctor` looks at; each check answers with what it found and what to do. Nothing is changed but by a `repair`. */
import { chmodSync, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../../kit/failure.ts';
import type { Context } from '../host.ts';
import { ownWorktrees } from '../care/perform-care.ts';
import { findPlace, type Place } from '../place.ts';
import { lookAtAgents } from './show-agents.ts';

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly next?: string;
  /** Puts it right; offered with `--fix`. */
  readonly repair?: () => void;
}

const NODE_LEAST = [20, 19] as const;
const GIT_LEAST = [2, 38] as const;
/** Below this a run of a few worktrees can fill the disk. */
const DISK_LEAST_BYTES = 2 * 1024 ** 3;
const VERSION_MS = 8_000;

export async function machineChecks(context: Context): Promise<readonly Check[]> {
  const agents = await agentChecks(context);
  return [nodeCheck(), await gitCheck(context), await sqliteCheck(context), ...agents];
}

export async function repositoryChecks(context: Context): Promise<readonly Check[]> {
  let place: Place;
  try {
    place = findPlace(context.cwd, context.world.env);
  } catch {
    return [
      {
        name: 'repository',
        status: 'fail',
        text: `${context.cwd} is in no git repository`,
        next: 'git init',
      },
    ];
  }
  return [
    { name: 'repository', status: 'ok', text: place.repository },
    stateCheck(place),
    diskCheck(place),
    worktreeCheck(place),
    ...(await storeChecks(context, place)),
  ];
}

function nodeCheck(): Check {
  const isNew = atLeast(process.versions.node, NODE_LEAST);
  const text = process.versions.node;
  return isNew
    ? { name: 'node', status: 'ok', text }
    : { name: 'node', status: 'fail', text: `${text} is too old`, next: 'install Node 20.19 or later' };
}

async function gitCheck({ world }: Context): Promise<Check> {
  const line = await world.readVersion('git', VERSION_MS);
  const version = /\d+\.\d+\S*/.exec(line ?? '')?.[0];
  if (version === undefined)
    return { name: 'git', status: 'fail', text: 'not found', next: 'install git 2.38 or later' };
  return atLeast(version, GIT_LEAST)
    ? { name: 'git', status: 'ok', text: version }
    : { name: 'git', status: 'fail', text: `${version} is too old`, next: 'install git 2.38 or later' };
}

async function sqliteCheck({ world }: Context): Promise<Check> {
  try {
    return { name: 'sqlite', status: 'ok', text: await world.sqliteDriver() };
  } catch (error) {
    const next = error instanceof Failure ? error.hint : undefined;
    const text = error instanceof Error ? error.message : 'no driver';
    return { name: 'sqlite', status: 'fail', text, ...(next === undefined ? {} : { next }) };
  }
}

async function agentChecks(context: Context): Promise<readonly Check[]> {
  const rows = (await lookAtAgents(context)).filter((row) => row.path !== null);
  if (rows.length === 0) {
    const next = 'copse run --agent demo …    # needs none';
    return [{ name: 'agents', status: 'warn', text: 'no coding agent on PATH', next }];
  }
  return rows.map(({ preset, path, version, trouble }): Check => {
    const name = `agent ${preset.name}`;
    const text = `${version ?? 'version unknown'}  (${path ?? ''})`;
    if (trouble === null) return { name, status: 'ok', text };
    return { name, status: 'warn', text: `${text}: ${trouble}`, next: preset.install };
  });
}

function stateCheck({ state }: Place): Check {
  if (!existsSync(state)) return { name: 'state', status: 'ok', text: `${state} (made by the first run)` };
  const mode = statSync(state).mode & 0o777;
  if ((mode & 0o077) === 0) return { name: 'state', status: 'ok', text: state };
  return {
    name: 'state',
    status: 'warn',
    text: `${state} can be read by others (mode ${mode.toString(8)})`,
    next: 'copse doctor --fix',
    repair: () => chmodSync(state, 0o700),
  };
}

function diskCheck({ repository }: Place): Check {
  const { bavail, bsize } = statfsSync(dirname(repository));
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GB free where worktrees are made`;
  return free >= DISK_LEAST_BYTES
    ? { name: 'disk', status: 'ok', text }
    : { name: 'disk', status: 'warn', text, next: 'copse cleanup' };
}

function worktreeCheck(place: Place): Check {
  const own = ownWorktrees(place);
  const gone = own.filter((path) => !existsSync(path));
  if (gone.length === 0) return { name: 'worktrees', status: 'ok', text: `${own.length} of Copse` };
  const text = `${gone.length} of ${own.length} were removed behind git's back`;
  return { name: 'worktrees', status: 'warn', text, next: 'git worktree prune' };
}

async function storeChecks({ world }: Context, place: Place): Promise<readonly Check[]> {
  if (!existsSync(join(place.state, 'store.db'))) return [];
  try {
    const store = await world.openStore(place);
    try {
      const broken = await store.verifyChain();
      const leader = await store.leader();
      const chain: Check =
        broken === null
          ? { name: 'log', status: 'ok', text: `${await store.lastSeq()} events, every hash fits` }
          : {
              name: 'log',
              status: 'fail',
              text: `event ${broken} does not fit the one before`,
              next: 'copse recover',
            };
      const text = leader === null ? 'nobody' : `process ${leader.pid} on ${leader.host}`;
      return [chain, { name: 'leader', status: 'ok', text }];
    } finally {
      await store.close();
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : 'unreadable';
    return [{ name: 'log', status: 'fail', text }];
  }
}

function atLeast(version: string, least: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > least[0] || (major === least[0] && minor >= least[1]);
}
