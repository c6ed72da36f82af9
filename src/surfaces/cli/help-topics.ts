/** `copse help TOPIC`: the pages that belong to no command. */
import { EXIT_MEANINGS } from './exit-codes.ts';

/** Variables that are read, for the help topic and the reference page. */
export const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['COPSE_STATE_DIR', 'where runs, logs and saved work are kept (default: below XDG_STATE_HOME)'],
  ['XDG_STATE_HOME', 'default ~/.local/state'],
  ['COPSE_USER', 'who asks, as the log has it (default: USER)'],
  ['NO_COLOR', 'no colour, whatever its value'],
  ['FORCE_COLOR', 'colour also where there is no terminal; 0 for none'],
  ['CLICOLOR_FORCE', 'the same, by the older name'],
  ['TERM=dumb', 'no colour, no line drawn twice'],
  ['CI', 'no line drawn twice'],
  ['LC_ALL, LC_CTYPE, LANG', 'symbols beyond ASCII where they say UTF-8'],
];

/** States of a task as `status` prints them. */
export const STATES: readonly (readonly [string, string])[] = [
  ['waiting', 'a need is not met; says which'],
  ['ready', 'could start; no slot, lock or resource is free; says which'],
  ['preparing', 'worktree and set-up'],
  ['working', 'an agent works'],
  ['verifying', 'the gates of its branch run'],
  ['fixing', 'another attempt, told what was wrong'],
  ['needs_you', 'a conflict, a broken rule, something only a person can decide'],
  ['queued', 'in the merge queue'],
  ['landing', 'the merged result is under test'],
  ['landed', 'on the target'],
  ['verified', 'green, in a run that does not merge'],
  ['failed', 'no attempt is left; says why'],
  ['stopped', 'stopped by a person'],
  ['skipped', 'left out'],
  ['manual', 'a person does it'],
];

const PLAN = `copse.yaml at the top of the repository, or named on the command line. Three lines are enough:

  tasks:
    - Add a /health endpoint with a test
    - Fix the flaky date parser test

The everyday form:

  gates: {test: npm test, lint: npm run lint}
  tasks:
    api:  {prompt: Add cursor pagination, scope: "src/api/**"}
    ui:   {prompt: Infinite scroll, scope: "src/web/**", needs: api}
    docs: {prompt: Document it, scope: "docs/**", needs: [api, ui]}

An agent is any program: agents: {mine: {run: "my-agent {prompt}"}}
Gates of the plan on the target branch count, not those of a branch under test.

copse plan check finds every problem at once; copse plan schema is for editors;
copse explain CODE says what a code means.`;

const JSON_PAGE = `--json prints one object:

  {"schema":"copse.<thing>/1","data":{…},"meta":{…}}

Names are snake_case. A field that is absent does not apply; null means that
nobody knows. Times are RFC 3339 in UTC. Fields may be added, never renamed.

run --json and events print one event a line, {"v":1,"seq":…,"ts":…,"type":…},
and run --json ends with one line of type run.summary. An error is
{"schema":"copse.error/1","data":{"code","message","next","exit_code"}}.

A mirror of status --json is kept as status.json in the state folder.`;

export const TOPICS: Readonly<Record<string, () => string>> = {
  'exit-codes': () => table(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
  environment: () => table(ENVIRONMENT),
  states: () => table(STATES),
  plan: () => PLAN,
  json: () => JSON_PAGE,
};

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}
