/** Whether a `.gitattributes` can change the bytes of a file that is checked out on a system whose lines end in LF. */

const HARMLESS =
  /^[-!]?(?:text|diff|merge|binary|whitespace|delta|export-ignore|export-subst|linguist-[a-z]+)$/;
const HARMLESS_VALUE =
  /^(?:text=auto|eol=lf|(?:diff|merge|whitespace|conflict-marker-size|linguist-[a-z]+)=.*)$/;

/** True only when every attribute named is known to leave the bytes alone; macros are not followed. */
export function keepBytes(attributes: string): boolean {
  return attributes.split(/\r?\n/).every((line) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return true;
    // A quoted pattern may hold blanks, and `[attr]` defines a macro.
    if (text.startsWith('"') || text.startsWith('[')) return false;
    const [, ...names] = text.split(/\s+/);
    return names.every((name) => HARMLESS.test(name) || HARMLESS_VALUE.test(name));
  });
}
