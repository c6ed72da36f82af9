/** Questions to a person: never without a terminal, never with `--no-input`, and each has a flag that answers it. */
import { createInterface } from 'node:readline';
import { Failure } from '../../kit/failure.ts';
import type { Context } from './host.ts';

/** Yes or no, no by default. `--yes` answers yes; failure `input-needed` where nobody may be asked. */
export async function confirm(context: Context, question: string, flag: string): Promise<boolean> {
  const { out, globals } = context;
  if (globals.yes) return true;
  if (!out.canAsk) {
    throw new Failure('input-needed', `${question} Nobody can be asked here`, {
      hint: `the same command with ${flag}`,
    });
  }
  out.prompt(`${question} [y/N] `);
  const answer = await readLine();
  return /^y(es)?$/i.test(answer.trim());
}

/** One line of standard input; empty at its end. */
function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => resolve(''));
  });
}
