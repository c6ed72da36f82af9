/** Questions that need no command, no commander and nothing of the repository: answered before anything else is loaded. */
import { completionScript } from './completion-scripts.ts';
import { rootHelp } from './root-help.ts';

/** null when the line asks for something else. */
export function quickAnswer(words: readonly string[], version: string): string | null {
  const [first, second] = words;
  if (words.length === 1 && (first === '--version' || first === '-V')) return `${version}\n`;
  if (words.length === 1 && (first === '--help' || first === '-h' || first === 'help')) return rootHelp();
  const isShell = second === 'bash' || second === 'zsh' || second === 'fish';
  return words.length === 2 && first === 'completion' && isShell ? completionScript(second) : null;
}
