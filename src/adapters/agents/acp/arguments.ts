/** The command line of the bridge: written by `launch`, read by the bridge. Secrets come by the environment, the prompt by stdin. */
import { parseArgs } from 'node:util';
import { ACP_PERMISSIONS, type AcpPermission } from '../../../core/agents/permissions.ts';
import { Failure } from '../../../kit/failure.ts';

export interface BridgeArguments {
  readonly permissions: AcpPermission;
  /** Folder of questions to a person and their answers. */
  readonly questions: string;
  readonly session: string | null;
  /** File with the whole brief, for a conversation that cannot be taken up; null: that is an error. */
  readonly brief: string | null;
  readonly model: string | null;
  readonly offersFiles: boolean;
  readonly auth: string | null;
  /** How long a person has to answer. */
  readonly answerMs: number;
  /** How often the attempt says that it waits for a person. */
  readonly signMs: number;
  /** The agent, as it is started. */
  readonly command: readonly [string, ...string[]];
}

/** A task that waits for a person who is away goes on without after this. */
export const DEFAULT_ANSWER_MS = 30 * 60_000;

/** Rare enough for the log, often enough to count as alive whatever the plan calls a stall. */
const USUAL_SIGN_MS = 30_000;
const LEAST_SIGN_MS = 200;

export function signEvery(stallMs: number | undefined): number {
  if (stallMs === undefined) return USUAL_SIGN_MS;
  return Math.max(LEAST_SIGN_MS, Math.min(USUAL_SIGN_MS, Math.floor(stallMs / 3)));
}

export function bridgeArguments(given: BridgeArguments): readonly string[] {
  const named = Object.entries({
    permissions: given.permissions,
    questions: given.questions,
    session: given.session,
    brief: given.brief,
    model: given.model,
    files: given.offersFiles ? 'yes' : 'no',
    auth: given.auth,
    'answer-ms': String(given.answerMs),
    'sign-ms': String(given.signMs),
  });
  const flags = named.flatMap(([name, value]) => (value === null ? [] : [`--${name}=${value}`]));
  return [...flags, '--', ...given.command];
}

/** Throws `Failure` `bridge-arguments` for anything `bridgeArguments` would not write. */
export function parseBridgeArguments(argv: readonly string[]): BridgeArguments {
  const text = { type: 'string' } as const;
  const options = {
    permissions: text,
    questions: text,
    session: text,
    brief: text,
    model: text,
    files: text,
    auth: text,
    'answer-ms': text,
    'sign-ms': text,
  };
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
  const permissions = ACP_PERMISSIONS.find((one) => one === (values.permissions ?? 'edit'));
  const [file, ...rest] = positionals;
  const answerMs = Number(values['answer-ms'] ?? DEFAULT_ANSWER_MS);
  const signMs = Number(values['sign-ms'] ?? USUAL_SIGN_MS);
  if (
    !(signMs > 0) ||
    permissions === undefined ||
    file === undefined ||
    values.questions === undefined ||
    !(answerMs > 0)
  )
    throw new Failure('bridge-arguments', 'the arguments of the bridge to the agent are incomplete');
  return {
    permissions,
    questions: values.questions,
    session: values.session ?? null,
    brief: values.brief ?? null,
    model: values.model ?? null,
    offersFiles: values.files !== 'no',
    auth: values.auth ?? null,
    answerMs,
    signMs,
    command: [file, ...rest],
  };
}
