import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;

/**
 * Matches test files that change the modules, settings or routes of their process, which no other file may share then.
 * Files that start processes match too: they mostly wait, and the files that run alone begin first.
 */
const IS_ALONE = /\bvi\.(mock|resetModules|stubGlobal)\(|^process\.env\[[^\]]+\] = |from 'node:child_process'/m;

const files = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('tests', file));
const alone = files.filter((file) => IS_ALONE.test(readFileSync(join(root, file), 'utf8')));
const together = files.filter((file) => !alone.includes(file));

/** The limit for a test that hangs, in milliseconds: long enough for slow machines; a long proof takes hours. */
const LIMIT_MS = process.env['PROOF'] === 'long' ? 6 * 3_600_000 : 300_000;

const resolve = { alias: { '@': root } };
const test = {
  setupFiles: 'tests/support/setup.ts',
  pool: 'forks' as const,
  testTimeout: LIMIT_MS,
  hookTimeout: LIMIT_MS,
};

export default defineConfig({
  resolve,
  test: {
    globalSetup: 'tests/support/global.ts',
    // Two more than the cores of a small machine, because many workers wait for processes or the database.
    maxWorkers: 4,
    projects: [
      { resolve, test: { ...test, name: 'alone', include: alone } },
      // Loading the product takes a second of CPU: each worker does it once for all of these.
      { resolve, test: { ...test, name: 'together', include: together, isolate: false } },
    ],
  },
});
