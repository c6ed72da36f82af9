import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rooms } from '../../rooms.config.js';
import { generatedPages } from './generated-pages.ts';
import { root } from './sources.ts';

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('generated pages', () => {
  test('there are some', () => expect(generatedPages.length).toBeGreaterThan(0));

  test.each(generatedPages.map((page) => [page.file, page] as const))(
    '%s is in sync (npm run docs)',
    async (file, page) => {
      await expect(await page.text()).toMatchFileSnapshot(path.join(root, file));
    },
  );
});

describe('written pages', () => {
  test.each(pages)('%s names only npm scripts that exist', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    // Plans name the scripts of other projects.
    const text = read(page).replace(/```yaml[\s\S]*?```/g, '');
    const named = [...text.matchAll(/npm (?:run ([a-z][a-z:-]*)|(test|start)\b)/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(pages)('%s links only to files that exist', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      (match) => match[1] ?? '',
    );
    const from = path.dirname(path.join(root, page));
    expect(links.filter((link) => !existsSync(path.resolve(from, link)))).toEqual([]);
  });

  test('ARCHITECTURE.md names every room', () => {
    const text = read('ARCHITECTURE.md');
    expect(Object.keys(rooms).filter((room) => !text.includes(`\`${room}`))).toEqual([]);
  });

  test('docs/README.md links every page of docs', () => {
    const index = read('docs/README.md');
    const missing = pages.filter(
      (page) =>
        page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(page.slice('docs/'.length)),
    );
    expect(missing).toEqual([]);
  });
});

test('the first screen of the README fits 80 columns', () => {
  const first = read('README.md').split('\n').slice(0, 40);
  const prose = first.filter((line) => !line.startsWith('|') && !line.includes(']('));
  expect(prose.filter((line) => line.length > 80)).toEqual([]);
});
