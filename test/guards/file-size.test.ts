import { expect, test } from 'vitest';
import { sourcesUnder } from './sources.ts';

const lines = (text: string): number => text.split('\n').length - 1;

test('no file of src is longer than 500 lines', () => {
  const long = sourcesUnder('src', { tests: true })
    .map(({ file, text }) => ({ file, lines: lines(text) }))
    .filter((one) => one.lines > 500);
  expect(long).toEqual([]);
});

test('the median file of src has at most 120 lines', () => {
  const sizes = sourcesUnder('src', { tests: false })
    .map(({ text }) => lines(text))
    .toSorted((a, b) => a - b);
  expect(sizes.length).toBeGreaterThan(10);
  expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(120);
});

test('no file or folder has a name that says nothing', () => {
  const vague = /(^|[/-])(utils?|helpers?|common|misc|manager|service)([/.-]|$)/;
  expect(sourcesUnder('src', { tests: true }).filter(({ file }) => vague.test(file))).toEqual([]);
});

test('file names are kebab-case', () => {
  const names = sourcesUnder('src', { tests: true }).map(({ file }) => file);
  expect(names.filter((file) => !/^[a-z0-9/.-]+$/.test(file))).toEqual([]);
});
