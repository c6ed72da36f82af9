/** Commands that read an argument as shell text again, where a variable's value would become code. */
import { Failure } from '../../kit/failure.ts';

export interface Word {
  /** As written, quotes included. */
  readonly text: string;
  readonly hasPlaceholder: boolean;
}

const SHELLS = /^(?:.*\/)?(?:(?:ba|da|z|k|mk|a|fi|c|tc)?sh|su|runuser|script|sg|flock)$/;
/** These join their arguments, or hand them to a shell as they are. */
const JOINERS = /^(?:.*\/)?(?:eval|ssh|watch|parallel|tmux|screen|trap|alias)$/;

/** Throws `Failure` `agent-template` when a placeholder stands where it would be read as shell text. */
export function checkCommands(template: string, commands: readonly (readonly Word[])[]): void {
  for (const words of commands) {
    const culprit = joined(words) ?? scriptOf(words) ?? nested(words);
    if (culprit === null) continue;
    throw new Failure(
      'agent-template',
      `the agent command would let \`${culprit}\` read a value as shell text: ${template}`,
      { hint: `pass it as an argument of its own: sh -c 'my-agent "$1"' sh {prompt}` },
    );
  }
}

function joined(words: readonly Word[]): string | null {
  const at = words.findIndex((word) => JOINERS.test(unquoted(word.text)));
  if (at < 0) return null;
  return words.slice(at + 1).some((word) => word.hasPlaceholder) ? unquoted(words[at]?.text ?? '') : null;
}

/** `bash -lc SCRIPT`: the word after the option is the script. */
function scriptOf(words: readonly Word[]): string | null {
  const shell = words.findIndex((word) => SHELLS.test(unquoted(word.text)));
  if (shell < 0) return null;
  const option = words.findIndex(
    (word, index) => index > shell && /^(?:-[a-zA-Z]*c|--command=?.*)$/.test(unquoted(word.text)),
  );
  if (option < 0) return null;
  const isRead = words[option]?.hasPlaceholder === true || words[option + 1]?.hasPlaceholder === true;
  return isRead ? `${unquoted(words[shell]?.text ?? '')} -c` : null;
}

/** The same inside `$(…)`, where words are not told apart. */
function nested(words: readonly Word[]): string | null {
  const pattern = /\$\([\s\S]*\b(eval|ssh|(?:ba|da|z|k)?sh\s+-[a-zA-Z]*c)\b/;
  for (const word of words) {
    const found = word.hasPlaceholder ? pattern.exec(word.text) : null;
    if (found !== null) return found[1] ?? '';
  }
  return null;
}

function unquoted(text: string): string {
  return text.replace(/["'\\]/g, '');
}
