/** Agents of known clients for plans of tests, and turns that print what such a client printed. */
import type { FakeScript } from '../../src/adapters/processes-fake/fake-script.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { builtInAgent } from '../../src/formats/plan/make-agents.ts';

export function clients(...names: readonly string[]): Plan['agents'] {
  return Object.fromEntries(
    names.flatMap((name) => {
      const agent = builtInAgent(name);
      return agent === null ? [] : [[name, agent]];
    }),
  );
}

/** The turn, and meanwhile `text` line by line; it exits with `code`. */
export function saying(text: string, turn: FakeScript | null, code = 0): FakeScript {
  const lines = text.split(/(?<=\n)/);
  const endMs = turn?.exit?.afterMs ?? 1_000;
  return {
    ...turn,
    output: lines.map((line, index) => ({ afterMs: Math.floor((endMs * index) / lines.length), text: line })),
    exit: { afterMs: endMs, code },
  };
}
