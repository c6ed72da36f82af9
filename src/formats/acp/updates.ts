/** What an ACP agent tells of its turn (`session/update`), as events. */
import { errorOf } from '../../core/agents/classify.ts';
import { type AgentEvent, NO_TOKENS, type Tokens } from '../../core/agents/events.ts';
import {
  asMap,
  callDetail,
  countAt,
  type Fields,
  listAt,
  knownPrice,
  mapAt,
  moneyAt,
  numberAt,
  oneLine,
  textAt,
} from '../agent-streams/fields.ts';
import { kept } from './wire.ts';

type Emit = (event: AgentEvent) => void;

/** Pieces of a message are put together up to this length, so that one line is not one token. */
const MESSAGE_PIECE = 2_048;
/** Tool calls whose names are remembered. */
const MAX_CALLS = 1_000;

export interface Call {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  readonly paths: readonly string[];
  /** Its arguments as JSON, cut; empty when it told none. */
  readonly input: string;
  readonly hasEnded: boolean;
}

export class UpdateReader {
  readonly #emit: Emit;
  readonly #calls = new Map<string, Call>();
  /** Tokens in its context after its last call, where it tells. */
  #used: number | null = null;
  #pending: { readonly kind: 'message' | 'thought'; text: string } | null = null;

  constructor(emit: Emit) {
    this.#emit = (event) => {
      emit(event);
    };
  }

  /** Never throws, whatever `params` holds. */
  read(params: Fields): void {
    const update = mapAt(params, 'update');
    switch (update['sessionUpdate']) {
      case 'agent_message_chunk':
        return this.#chunk('message', mapAt(update, 'content'));
      case 'agent_thought_chunk':
        return this.#chunk('thought', mapAt(update, 'content'));
      case 'user_message_chunk':
      case 'available_commands_update':
      case 'current_mode_update':
      case 'config_option_update':
        return;
      case 'tool_call':
      case 'tool_call_update':
        return this.#toolCall(update);
      case 'usage_update':
        this.#used = numberAt(update, 'used');
        return this.#cost(mapAt(update, 'cost'));
      case 'session_info_update':
        return this.#vendorTrouble(mapAt(update, '_meta'));
      default:
        this.flush();
        this.#emit({ kind: 'other', text: kept(JSON.stringify(update)) });
    }
  }

  /** The call a permission is asked for: what it says now, over what it said before. */
  callOf(toolCall: Fields): Call {
    const before = this.#calls.get(textAt(toolCall, 'toolCallId') ?? '');
    return merged(before, toolCall);
  }

  /**
   * Some (opencode 1.18) answer a turn with the usage of its last call alone: just what is in its context now, though it called
   * tools, each of which takes a call of the model of its own.
   */
  countsLastCallOnly({ input, cacheRead, cacheWrite }: Tokens): boolean {
    return this.#calls.size > 0 && input + cacheRead + cacheWrite === this.#used;
  }

  /** Hands over what was put together so far. */
  flush(): void {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null || pending.text === '') return;
    if (pending.kind === 'message') this.#emit({ kind: 'text', text: pending.text });
    else this.#emit({ kind: 'other', text: `thought: ${oneLine(pending.text)}` });
  }

  #chunk(kind: 'message' | 'thought', content: Fields): void {
    const text = textAt(content, 'text') ?? '';
    if (this.#pending?.kind !== kind) this.flush();
    this.#pending ??= { kind, text: '' };
    this.#pending.text += text;
    if (this.#pending.text.length >= MESSAGE_PIECE) this.flush();
  }

  #toolCall(update: Fields): void {
    this.flush();
    const id = textAt(update, 'toolCallId') ?? '';
    const before = this.#calls.get(id);
    const status = update['status'];
    const outcome = status === 'completed' ? 'ok' : status === 'failed' ? 'failed' : 'called';
    const hasEnded = before?.hasEnded === true || outcome !== 'called';
    const call = { ...merged(before, update), hasEnded };
    this.#remember(id, call);
    const detail = callDetail(update['rawInput']) || oneLine(call.title);
    if (before === undefined) this.#emit({ kind: 'tool', name: call.name, detail, outcome: 'called' });
    if (outcome !== 'called' && before?.hasEnded !== true)
      this.#emit({
        kind: 'tool',
        name: call.name,
        detail: outcome === 'failed' ? troubleIn(update) : '',
        outcome,
      });
  }

  #remember(id: string, call: Call): void {
    if (id === '') return;
    this.#calls.delete(id);
    this.#calls.set(id, call);
    if (this.#calls.size <= MAX_CALLS) return;
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined) this.#calls.delete(oldest);
  }

  /** The cost so far of the whole conversation; other currencies say nothing to us. */
  #cost(cost: Fields): void {
    const usd = knownPrice(moneyAt(cost, 'amount'), this.#used ?? 0);
    if (usd === null || (textAt(cost, 'currency') ?? 'USD').toUpperCase() !== 'USD') return;
    this.flush();
    this.#emit({ kind: 'usage', basis: 'call', key: 'cost', tokens: NO_TOKENS, usd, usdBasis: 'thread' });
  }

  /** `_meta: {codex: {error: …}}`: what some agents say of a model that does not answer. */
  #vendorTrouble(meta: Fields): void {
    for (const vendor of Object.values(meta)) {
      const error = asMap(asMap(vendor)?.['error']);
      if (error === null) continue;
      this.flush();
      const words = [textAt(error, 'message'), textAt(error, 'additionalDetails')];
      const message = words.filter((word) => word !== null).join(': ');
      this.#emit({
        kind: 'retry',
        error: errorOf({ message: message === '' ? 'error' : message }),
        delayMs: null,
      });
    }
  }
}

function merged(before: Call | undefined, update: Fields): Call {
  const kind = textAt(update, 'kind') ?? before?.kind ?? 'other';
  const paths = pathsIn(update);
  return {
    name: textAt(update, 'name') ?? before?.name ?? kind,
    kind,
    title: textAt(update, 'title') ?? before?.title ?? '',
    paths: [...new Set([...(before?.paths ?? []), ...paths])].slice(0, MAX_PATHS),
    input:
      update['rawInput'] === undefined ? (before?.input ?? '') : kept(JSON.stringify(update['rawInput'])),
    hasEnded: before?.hasEnded ?? false,
  };
}

/** What a failed call says of its failure. */
function troubleIn(update: Fields): string {
  const words = listAt(update, 'content').map(
    (part) => textAt(mapAt(asMap(part) ?? {}, 'content'), 'text') ?? '',
  );
  return oneLine(words.join(' ') || callDetail(update['rawOutput']));
}

const MAX_PATHS = 100;
const PATH_KEYS = ['path', 'file_path', 'filePath', 'abs_path', 'absolute_path', 'notebook_path', 'dir_path'];

/** Where a call says it reads or writes. */
function pathsIn(update: Fields): readonly string[] {
  const named = [...listAt(update, 'locations'), ...listAt(update, 'content'), update['rawInput']];
  return named.flatMap((place) => {
    const map = asMap(place) ?? {};
    return PATH_KEYS.flatMap((key) => textAt(map, key) ?? []);
  });
}

export interface TurnUsage {
  readonly event: Extract<AgentEvent, { kind: 'usage' }>;
  /** The model that worked, where the agent says so. */
  readonly model: string | null;
}

/** What `session/prompt` was answered with; null when no usage was told. One process takes one turn, so it counts the run. */
export function usageOf(result: Fields): TurnUsage | null {
  const quota = mapAt(mapAt(result, '_meta'), 'quota');
  const tokens = turnTokens(asMap(result['usage'])) ?? quotaTokens(quota);
  if (tokens === null) return null;
  const model = textAt(asMap(listAt(quota, 'model_usage')[0]) ?? {}, 'model');
  return { event: { kind: 'usage', basis: 'run', key: null, tokens, usd: null, usdBasis: 'run' }, model };
}

function turnTokens(usage: Fields | null): Tokens | null {
  if (usage === null) return null;
  const told = countAt(usage, 'inputTokens');
  const output = countAt(usage, 'outputTokens');
  const cacheRead = countAt(usage, 'cachedReadTokens');
  const cacheWrite = countAt(usage, 'cachedWriteTokens');
  // Some (copilot 1.0) count the cache as input too; then it adds nothing to their total.
  const isInside = numberAt(usage, 'totalTokens') === told + output;
  const input = isInside ? Math.max(0, told - cacheRead - cacheWrite) : told;
  return { input, cacheRead, cacheWrite, output };
}

function quotaTokens(quota: Fields): Tokens | null {
  const count = asMap(quota['token_count']);
  if (count === null || numberAt(count, 'input_tokens') === null) return null;
  return {
    input: countAt(count, 'input_tokens'),
    cacheRead: 0,
    cacheWrite: 0,
    output: countAt(count, 'output_tokens'),
  };
}
