/** The sequence by which a terminal shows a message of its own. Those that do not know it show nothing. */
import { printable } from '../../kit/printable.ts';
import type { Environment } from './style.ts';

/** Longer ones are cut by the terminals anyway. */
const MOST = 200;

/** OSC 777 where that is what the terminal knows, else OSC 9; never both, or some would show it twice. */
export function announcement(title: string, text: string, env: Environment): string {
  const [head, body] = [plain(title), plain(text)];
  const isOld = /^(?:rxvt|foot)/.test(env['TERM'] ?? '');
  return isOld ? `\u001b]777;notify;${head};${body}\u0007` : `\u001b]9;${head}: ${body}\u0007`;
}

/** What is within the sequence must not end it, and a semicolon would part it. */
function plain(text: string): string {
  return printable(text)
    .replaceAll(/[;\n\t]/g, ' ')
    .slice(0, MOST);
}
