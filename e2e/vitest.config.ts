import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = join(import.meta.dirname, '..');

/**
 * The product as a user runs it: one start of everything for all files. Each file has teams of its own and they run two at
 * a time, but for the kills, which take the product from under the others: `npm test` runs those alone.
 */
export default defineConfig({
  root,
  resolve: { alias: { '@': root } },
  test: {
    include: ['e2e/**/*.test.ts'],
    globalSetup: 'e2e/support/global.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
