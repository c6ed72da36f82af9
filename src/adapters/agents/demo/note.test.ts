import { expect, test } from 'vitest';
import { planNote } from './note.ts';

test.each<[string, string]>([
  ['Do it', 'docs/notes/api.md'],
  ['Do it\nScope: src/api/**', 'src/api/api.md'],
  ['Do it\n- scope: `lib/x/*.ts`, other/**', 'lib/x/api.md'],
  ['Do it\nscope: src/a.ts', 'src/api.md'],
  ['Do it\nscope: **/*.ts', 'docs/notes/api.md'],
  ['Do it\nscope: ../../etc/**', 'docs/notes/api.md'],
  ['Do it\nscope: /etc/**', 'docs/notes/api.md'],
  ['Do it\nscope: .git/hooks/**', 'docs/notes/api.md'],
  ['Do it\nscope: !src/**', 'docs/notes/api.md'],
])('%j leaves its note in %s', (prose, file) => {
  expect(planNote(prose, 'api').files[0]).toBe(file);
});

test('the title is the first sentence, the last resort a file at the root', () => {
  const plan = planNote(`\n## ${'Long '.repeat(50)}\nmore`, 'a/../b');
  expect(plan.title.length).toBeLessThanOrEqual(72);
  expect(plan.files.at(-1)).toBe('NOTES-a-..-b.md');
  expect(planNote('', 'api').title).toBe('api');
});
