import { Failure } from '../../kit/failure.ts';
import type { AbsolutePath } from '../../core/ids.ts';
import type { ProcessExit, ProcessPort, ProcessSighting, ProcessSpec } from '../../ports/processes.ts';
import type { ClockPort, Failpoint } from '../../ports/world.ts';
import { FakeProcess } from './fake-process.ts';
import { scriptFromArgv, type FakeProgram, type FakeScript } from './fake-script.ts';

const FIRST_PID = 1_000;

/** The processes of a machine: outlives the orchestrators that look at it. */
export class FakeProcessWorld {
  readonly clock: ClockPort;
  readonly #program: FakeProgram;
  readonly #processes = new Map<string, FakeProcess>();
  #pids = FIRST_PID;
  #startFailures: Failure[] = [];

  constructor(clock: ClockPort, program: FakeProgram = scriptFromArgv) {
    this.clock = clock;
    this.#program = program;
  }

  /** Specs of everything that was started, in order. */
  get started(): readonly ProcessSpec[] {
    return [...this.#processes.values()].map((one) => one.spec);
  }

  /** Specs of what runs now. */
  get running(): readonly ProcessSpec[] {
    return [...this.#processes.values()].filter((one) => one.exit === null).map((one) => one.spec);
  }

  find(runDir: string): FakeProcess | null {
    return this.#processes.get(runDir) ?? null;
  }

  /** Failure `process-absent`, so that a test which names the wrong folder says so. */
  at(runDir: string): FakeProcess {
    const found = this.#processes.get(runDir);
    if (found === undefined) throw new Failure('process-absent', `no process was started in ${runDir}`);
    return found;
  }

  /** The next `start` rejects and starts nothing. */
  failNextStart(code = 'process-start-failed'): void {
    this.#startFailures.push(new Failure(code, 'asked to fail by the test'));
  }

  /** Its supervisor is killed: the process is ended by whoever looks. */
  loseSupervisor(runDir: string): void {
    this.at(runDir).finish({
      code: null,
      signal: null,
      cause: 'supervisor-lost',
      detail: 'its supervisor was killed',
    });
  }

  /** The machine restarts: nothing runs any more. */
  restart(): void {
    for (const one of this.#processes.values())
      one.finish({ code: null, signal: null, cause: 'supervisor-lost', detail: 'the machine was restarted' });
  }

  startOnce(spec: ProcessSpec): FakeProcess {
    const existing = this.#processes.get(spec.runDir);
    if (existing !== undefined) return existing;
    const failure = this.#startFailures.shift();
    if (failure !== undefined) throw failure;
    const script: FakeScript = this.#program(spec);
    const made = new FakeProcess(spec, (this.#pids += 1), script, this.clock);
    this.#processes.set(spec.runDir, made);
    return made;
  }
}

/** The port of one orchestrator onto `world`; open another one for its successor. */
export function openFakeProcesses(options: {
  readonly world: FakeProcessWorld;
  readonly failpoint?: Failpoint;
}): ProcessPort {
  const { world } = options;
  const hit: Failpoint = options.failpoint ?? (async () => undefined);
  const adopted = new Set<string>();

  const look = async (runDir: AbsolutePath): Promise<ProcessSighting> => {
    const isNew = !adopted.has(runDir);
    if (isNew) await hit('before:adopt.scan');
    const found = world.find(runDir);
    if (found !== null) adopted.add(runDir);
    if (isNew) await hit('after:adopt.scan');
    return found?.sighting ?? { kind: 'absent' };
  };

  return {
    look,
    start: async (spec) => {
      for (const name of ['before:run.mkdir', 'after:run.mkdir', 'before:spawn.fork']) await hit(name);
      const made = world.startOnce(spec);
      adopted.add(spec.runDir);
      for (const name of ['after:spawn.fork', 'before:spawn.pidfile', 'after:spawn.pidfile']) await hit(name);
      return made.sighting;
    },
    waitForExit: async (runDir, signal) => {
      signal?.throwIfAborted();
      const exit = await exitOf(world.at(runDir), signal);
      await hit('before:exit.collect');
      await hit('after:exit.collect');
      return exit;
    },
    stop: async (runDir, ladder) => {
      const found = world.find(runDir);
      if (found === null) return null;
      found.stop('stopped', ladder);
      return exitOf(found);
    },
    sweep: async ({ marker, cwd }) => {
      const hits = [...world.running].filter(
        (spec) =>
          spec.marker === marker || (cwd !== null && (spec.cwd === cwd || spec.cwd.startsWith(`${cwd}/`))),
      );
      for (const spec of hits) world.at(spec.runDir).receive('SIGKILL');
      return hits.flatMap((spec) => world.at(spec.runDir).exit?.survivors ?? []);
    },
    readLog: async (runDir, offset, maxBytes) =>
      world.find(runDir)?.log.read(offset, maxBytes) ?? { text: '', nextOffset: 0, totalBytes: 0 },
  };
}

async function exitOf(one: FakeProcess, signal?: AbortSignal): Promise<ProcessExit> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      forget();
      reject(signal?.reason as Error);
    };
    const forget = one.onExit((exit) => {
      signal?.removeEventListener('abort', abort);
      resolve(exit);
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
