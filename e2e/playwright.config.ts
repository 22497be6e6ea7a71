import { defineConfig } from '@playwright/test';
import { join } from 'node:path';
import { chromiumOptions } from './support/chromium';

const APART = ['hostile.test.ts', 'kills.test.ts'];

/**
 * Tests the product as a user runs it: the global setup starts it once for all files. Each file has its own teams, and three
 * files run at a time: one more than the cores of a small machine, because stories often wait. The trace, screenshots and video of a failed test are in `test-results`, and in the report:
 * `npx playwright show-report e2e/report`.
 */
export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: '*.test.ts',
  globalSetup: './support/global.ts',
  timeout: 180_000,
  // The limit is long, for busy machines; a deadlock ends here.
  expect: { timeout: 15_000 },
  workers: 3,
  retries: 0,
  preserveOutput: 'failures-only',
  reporter: [
    ['list'],
    ['html', { open: 'never', outputFolder: process.env['E2E_REPORT'] ?? 'report' }],
    ['json', { outputFile: process.env['E2E_JSON_REPORT'] ?? join(import.meta.dirname, 'test-results/report.json') }],
  ],
  projects: [
    { name: 'stories', testIgnore: APART, outputDir: 'test-results/stories' },
    // These files stop the product or use up its sign-in attempts: they run after the others, or alone with `--no-deps`.
    { name: 'apart', testMatch: APART, workers: 1, dependencies: ['stories'], outputDir: 'test-results/apart' },
  ],
  use: {
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    launchOptions: await chromiumOptions(),
    // Snapshots of the page at each action take an eighth of all the time, so `npm test`, which sets CI, does without.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: !process.env['CI'] },
    screenshot: { mode: 'only-on-failure', fullPage: true },
  },
});
