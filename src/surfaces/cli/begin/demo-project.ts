/**
 * The project and the plan of the tour. Five tasks: one whose first attempt fails its gate, two that are green alone and
 * break the tests together, one that waits for another, one that has nothing to do with the rest.
 */
const TEST = `import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of readdirSync('test').filter((name) => name.endsWith('.check.mjs')).sort()) {
  const area = file.replace('.check.mjs', '');
  try {
    const { checks } = await import('./' + file);
    for (const [name, check] of Object.entries(checks)) {
      check(assert);
      passed += 1;
      console.log('ok ' + area + ': ' + name);
    }
  } catch (error) {
    failed += 1;
    console.log('not ok ' + area + ': ' + error.message);
  }
}
console.log(passed + ' passed, ' + failed + ' failed');
process.exitCode = failed === 0 ? 0 : 1;
`;

const PRICE = `/** Price in cents with tax. */
export const withTax = (cents) => Math.round(cents * 1.2);
`;

const PRICE_CHECK = `import { withTax } from '../src/price.mjs';

export const checks = {
  'adds a fifth': (assert) => assert.equal(withTax(100), 120),
};
`;

const PLAN = `# The plan of the tour: five tasks for the built-in demo agent.
name: demo
agents:
  worker: {use: demo}
gates:
  test:
    run: node test/run.mjs
    metrics:
      passed: {regex: '(\\d+) passed', min: 1}
      failed: {regex: '(\\d+) failed', max: 0}
merge: {into: integration}
conflicts: {on_overlap: allow}
limits: {parallel: 3}
tasks:
  discount:
    title: Add discounts, with a check
    scope: [src/discount.mjs, test/discount.check.mjs]
    estimate: 20m
    retries: {max: 2, backoff: none}
    prompt: |
      Add a function that takes a percentage off a price. The first try forgets to round.
      demo: work 2s
      demo: write test/discount.check.mjs <<EOF
      import { discounted } from '../src/discount.mjs';
      export const checks = { 'rounds to cents': (assert) => assert.equal(discounted(99, 10), 89) };
      EOF
      demo: write src/discount.mjs <<EOF
      export const discounted = (cents, percent) => cents * (1 - percent / 100);
      EOF
      demo: on-attempt 2+ replace src/discount.mjs s/=> cents \\* \\(1 - percent \\/ 100\\)/=> Math.round(cents * (1 - percent \\/ 100))/
      demo: commit "Add discounts"
  rename:
    title: Call the tax function grossPrice
    scope: [src/price.mjs, test/price.check.mjs]
    estimate: 15m
    priority: high
    retries: {max: 2, backoff: none}
    prompt: |
      Rename withTax to grossPrice, everywhere it is used today.
      demo: work 1s
      demo: replace src/price.mjs s/withTax/grossPrice/g
      demo: replace test/price.check.mjs s/withTax/grossPrice/g
      demo: commit "Rename withTax to grossPrice"
  basket:
    title: Add a basket that sums prices with tax
    scope: [src/basket.mjs, test/basket.check.mjs]
    estimate: 30m
    retries: {max: 2, backoff: none}
    prompt: |
      Add a basket. It uses the tax function, by the name it has when this task starts.
      demo: work 4s
      demo: write src/basket.mjs <<EOF
      import { withTax } from './price.mjs';
      export const total = (prices) => prices.reduce((sum, cents) => sum + withTax(cents), 0);
      EOF
      demo: write test/basket.check.mjs <<EOF
      import { total } from '../src/basket.mjs';
      export const checks = { 'sums with tax': (assert) => assert.equal(total([100, 200]), 360) };
      EOF
      demo: on-attempt 2+ replace src/basket.mjs s/withTax/grossPrice/g
      demo: commit "Add a basket"
  readme:
    title: Describe the shop
    scope: README.md
    estimate: 10m
    prompt: |
      Say in the README what the shop can do.
      demo: work 3s
      demo: append README.md "\\nPrices, discounts, a basket.\\n"
      demo: commit "Describe the shop"
  receipt:
    title: Print a receipt
    needs: [discount, basket]
    scope: src/receipt.mjs
    estimate: 25m
    prompt: |
      Print a receipt for a basket; both modules it needs are on the target by then.
      demo: work 2s
      demo: write src/receipt.mjs <<EOF
      import { total } from './basket.mjs';
      import { discounted } from './discount.mjs';
      export const receipt = (prices, percent) => discounted(total(prices), percent) + ' cents';
      EOF
      demo: commit "Print a receipt"
`;

export const DEMO_FILES: Readonly<Record<string, string>> = {
  'copse.yaml': PLAN,
  'README.md': '# A small shop\n',
  'package.json': '{"name":"shop","private":true,"type":"module","scripts":{"test":"node test/run.mjs"}}\n',
  'src/price.mjs': PRICE,
  'test/price.check.mjs': PRICE_CHECK,
  'test/run.mjs': TEST,
};

/** Pairs worth a look before the start: what the scopes say about them, and what will happen. */
export const DEMO_PAIRS: readonly (readonly [string, string, string])[] = [
  ['rename', 'basket', 'no file in common, and yet: each is green alone, together they break the tests'],
  ['discount', 'basket', 'no file in common'],
  ['discount', 'receipt', 'receipt waits for discount to land'],
];
