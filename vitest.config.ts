import { defineConfig } from 'vitest/config';

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
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'slow',
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
