import { expect, test } from 'vitest';
import type { Plan } from '../../../core/plan/model.ts';
import type { Detected } from './detected.ts';
import { fillWorkspace } from './load-plan.ts';

const found = (value: string) => [{ value, evidence: 'package.json' }];
const detected = { project: { setup: found('npm ci'), copy: [], link: [] } } as unknown as Detected;

test.each([
  { text: 'tasks: [a]', link: [], setup: ['npm ci'] },
  { text: 'workspace: {link: node_modules}', link: ['node_modules'], setup: [] },
  { text: 'workspace: {link: web/node_modules/}', link: ['web/node_modules/'], setup: [] },
  { text: 'workspace: {link: .env}', link: ['.env'], setup: ['npm ci'] },
])('detects set-up only where it cannot write into linked packages: $text', ({ text, link, setup }) => {
  const plan = { workspace: { setup: [], copy: [], link } } as unknown as Plan;
  expect(fillWorkspace(plan, text, detected).plan.workspace.setup).toEqual(setup);
});

test('keeps the set-up that the plan names, also beside linked packages', () => {
  const plan = { workspace: { setup: ['npm run gen'], copy: [], link: ['node_modules'] } } as unknown as Plan;
  const text = 'workspace: {setup: npm run gen, link: node_modules}';
  expect(fillWorkspace(plan, text, detected).plan.workspace.setup).toEqual(['npm run gen']);
});
