/** What an agent said, as lines to read: its words, one line for each tool call, trouble, and at the end what it used. */
import type { AgentEvent } from '../core/agents/events.ts';
import { callsArePartial, type StreamFormat } from '../core/agents/formats.ts';
import { StreamFold } from '../core/agents/stream-facts.ts';
import { assertNever } from '../kit/assert.ts';
import { formatDuration } from '../kit/duration.ts';
import { moneyText, shortCount } from './usage-view.ts';

/** Text of one run of an agent, piece by piece. It comes from outside: not printable as it is. */
export class AgentLines {
  readonly #fold: StreamFold;
  #hidden = 0;

  constructor(format: StreamFormat) {
    this.#fold = new StreamFold({ callsArePartial: callsArePartial(format) });
  }

  push(events: readonly AgentEvent[]): string {
    let text = '';
    for (const event of events) {
      this.#fold.add(event);
      text += this.#lineOf(event);
    }
    return text;
  }

  /** What the whole of it used. */
  end(): string {
    const { tokens, threadTokens, usd, threadUsd, isPartial } = this.#fold.facts();
    const counted = tokens ?? threadTokens;
    const money = usd ?? threadUsd;
    const parts: string[] = [];
    if (counted !== null) {
      const { input, cacheRead, cacheWrite, output } = counted;
      parts.push(
        `${shortCount(input)} in`,
        `${shortCount(cacheRead)} cached`,
        ...(cacheWrite > 0 ? [`${shortCount(cacheWrite)} written to the cache`] : []),
        `${shortCount(output)} out`,
      );
    }
    if (money !== null) parts.push(moneyText(money, false));
    const isThread = tokens === null && threadTokens !== null;
    const used =
      parts.length === 0
        ? ''
        : `· used: ${parts.join(', ')}${isThread ? ' (whole conversation)' : ''}${isPartial ? ', or more' : ''}\n`;
    const hidden =
      this.#hidden === 0 ? '' : `· ${this.#hidden} records of the client are not shown (--raw)\n`;
    return used + hidden;
  }

  #lineOf(event: AgentEvent): string {
    switch (event.kind) {
      case 'started': {
        const { session, model } = event;
        const parts = [
          ...(session === null ? [] : [`session ${session}`]),
          ...(model === null ? [] : [`model ${model}`]),
        ];
        return model === null || parts.length === 0 ? '' : `· ${parts.join(', ')}\n`;
      }
      case 'text':
        return event.text === '' ? '' : `${event.text}${event.text.endsWith('\n') ? '' : '\n'}`;
      case 'tool':
        if (event.outcome === 'ok') return '';
        if (event.outcome === 'failed') return `✗ ${event.name} failed\n`;
        return `→ ${event.name}${event.detail === '' ? '' : ` ${event.detail}`}\n`;
      case 'retry': {
        const again = event.delayMs === null ? '' : ` (again in ${formatDuration(event.delayMs)})`;
        return `! ${event.error.message}${again}\n`;
      }
      case 'ask':
        return `? asks: ${event.what}\n`;
      case 'denied':
        return `! denied: ${event.what}\n`;
      case 'error':
        return `! ended: ${event.error.message}\n`;
      case 'other':
        if (!event.text.startsWith('{')) return `${event.text}\n`;
        this.#hidden += 1;
        return '';
      case 'usage':
      case 'done':
        return '';
      default:
        return assertNever(event);
    }
  }
}
