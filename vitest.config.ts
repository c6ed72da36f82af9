import { defineConfig } from 'vitest/config';

/**
 * Suites with real processes run on shared machines: a test that failed is tried once more, and the reporter says so
 * (`retry x1`), so that it is seen. Unit tests get no second try.
 */
const SECOND_TRY = 1;

/** `unit` is what `npm run check` runs; the other projects start real processes and are run by `npm test`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/guards/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'contract',
          retry: SECOND_TRY,
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'slow',
          retry: SECOND_TRY,
          include: [
            'test/e2e/**/*.test.ts',
            'test/crash/**/*.test.ts',
            'test/sim/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
          ],
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
