import { readFileSync } from 'node:fs';

/** Plans in every style that is meant to be read: the shipped examples and some that stress layout. */
export function exampleTexts(): readonly string[] {
  const shipped = ['three-lines', 'everyday', 'full', 'full-later'].map((name) =>
    readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), 'utf8'),
  );
  return [...shipped, BLOCK, MIXED];
}

const BLOCK = `# what and why
version: 1

gates:
  test: npm test   # the suite
  size:
    run: |
      npm run build
      du -b dist
    timeout: 5m

tasks:
  # first
  api:
    title: Paging
    prompt: >-
      Add cursor pagination
      to GET /users.

      Keep the old parameter.
    scope:
    - src/api/**
    - "!src/api/gen/**"
  ui:
    prompt: Infinite scroll
      on the users page
    needs:
      - api
    waves:
      - one
      - title: two
        prompt: |-
          Line one
            indented

          line two
      -
        id: third
        prompt: "quoted: \\"yes\\"\\n"
  docs: 'It''s documented'
`;

const MIXED = `tasks:
- {id: a, prompt: Do a, needs: [],
   scope: [src/a, 'src/b']}
- id: b
  prompt: Do b
  needs: [
    a
  ]
- Do c
workspace: {env: {A: 1, B: "two"}, setup: []}
`;
