/** What an agent at work is really doing, in one clause with its age. */
import type { Condition } from '../core/agents/condition.ts';
import { assertNever } from '../kit/assert.ts';
import { formatDuration } from '../kit/duration.ts';

/** Longest piece of a tool call or a message that is shown. */
const MAX_DETAIL = 120;

/** null: nothing to add to what its status says. */
export function conditionClause(condition: Condition): string | null {
  const age = 'stillMs' in condition ? formatDuration(condition.stillMs) : '';
  switch (condition.kind) {
    case 'working':
      return null;
    case 'busy':
      return `quiet for ${age}, but its processes are at work`;
    case 'silent':
      return condition.isCertain
        ? `silent for ${age}: no output, no changed file, no processor time`
        : `silent for ${age}: no output, no changed file`;
    case 'looping':
      return `looping: ${shortened(condition.what)}, ${condition.times} times in a row`;
    case 'limited':
      return `held off by its model for ${age}: ${shortened(condition.detail)}`;
    case 'refused':
      return `its login is refused for ${age}: ${shortened(condition.detail)}`;
    case 'hung':
      return `its model does not answer for ${age}: ${shortened(condition.detail)}`;
    case 'asking':
      return `waits for an answer for ${age}: ${shortened(condition.what)}`;
    case 'finished':
      return `said ${age} ago that it is done, and has not exited`;
    default:
      return assertNever(condition);
  }
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL - 1)}…` : line;
}
