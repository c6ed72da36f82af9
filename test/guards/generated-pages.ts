import { rooms } from '../../rooms.config.js';

/** Pages written by code: `npm run docs` writes them, a guard fails when one has drifted. One row per page. */
export const generatedPages: readonly { readonly file: string; text(): string }[] = [
  { file: 'docs/reference/rooms.md', text: roomsPage },
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
