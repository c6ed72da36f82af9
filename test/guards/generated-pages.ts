import { rooms } from '../../rooms.config.js';
import { DIRECTIVES, PREFIXES } from '../../src/adapters/agents/demo/directives.ts';
import { cliPage } from './cli-page.ts';
import { eventsPage } from './events-page.ts';

/** Pages written by code: `npm run docs` writes them, a guard fails when one has drifted. One row per page. */
export const generatedPages: readonly { readonly file: string; text(): string | Promise<string> }[] = [
  { file: 'docs/reference/rooms.md', text: roomsPage },
  { file: 'docs/reference/demo-agent.md', text: demoAgentPage },
  { file: 'docs/reference/cli.md', text: cliPage },
  { file: 'docs/reference/events.md', text: eventsPage },
];

function roomsPage(): string {
  const rows = Object.entries(rooms).map(([name, rule]) => {
    const typed = (rule.types ?? []).map((room) => `\`${room}\` (types)`);
    const from = rule.rooms.includes('*') ? 'everything' : [names(rule.rooms), ...typed].join(', ');
    return `| \`${name}\` | ${from} | ${rule.node ? 'yes' : 'no'} | ${names(rule.packages)} |`;
  });
  return [
    '<!-- Generated from rooms.config.js by `npm run docs`. -->',
    '',
    '# Rooms',
    '',
    'What each part of the source may import. `npm run rooms` checks it; `ports` holds types only, and the folders of `adapters` never import each other.',
    '',
    '| room | rooms | `node:` | packages |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function names(list: readonly string[]): string {
  return list.map((name) => `\`${name}\``).join(', ') || '–';
}

function demoAgentPage(): string {
  const table = (rows: readonly { readonly form: string; readonly meaning: string }[]): string =>
    rows.map((one) => `| \`${one.form}\` | ${one.meaning} |`).join('\n');
  return `<!-- Generated from src/adapters/agents/demo/directives.ts by \`npm run docs\`. -->

# The demo agent

The agent named \`demo\` is a program that plays a coding agent: no model, no network, no key, and the same content every time. It shows the whole pipeline in any repository, and the tour and the tests are built on it.

## Without directives

It leaves one small, harmless, committed note: in the folder of the task’s scope (a line \`Scope: src/api/**\` of the prompt), else in \`docs/notes/\`, else at the root. Only that file is committed. A later attempt or wave adds a section. The repository’s hooks are not run.

## Directives

A line \`demo: …\` anywhere in the prompt says what to do; an indentation or a list dash may stand before it. Directives are followed in order. Changes that no \`commit\` follows are committed at the end, with the prompt’s first line as message, unless \`dirty\` is there. An unknown directive ends with exit 2 before anything is done; one that cannot be carried out ends with exit 1.

| directive | what it does |
|---|---|
${table(DIRECTIVES)}

Conditions stand before a directive and may follow each other:

| condition | when |
|---|---|
${table(PREFIXES)}

Paths stay inside the worktree. \`delete-worktree\` deletes nothing but the folder in \`COPSE_WORKTREE\`.

## Example: a gate fails, the next attempt repairs it

\`\`\`
Add a sum function with a test.
demo: write sum.mjs <<EOF
export const sum = (a, b) => a - b;
EOF
demo: on-attempt 2+ replace sum.mjs s/a - b/a + b/
demo: commit "Add sum"
\`\`\`

On the second attempt the file is written again before it is repaired, so the example also works in a fresh worktree.

## As a reviewer

Where it has the role \`review\` it follows no directives: each line with \`FIXME\` that the change adds is a major finding (6/10), and without one it gives 10/10.

## What it prints

One JSON object a line on stdout: \`started\` (session, attempt, wave), \`text\`, \`tool\` (name, ok), \`ask\`, \`usage\` (input_tokens, output_tokens, usd) and, at the end of a turn that was not cut short, \`done\`. It reads the prompt from stdin, or from a file named as its argument.
`;
}
