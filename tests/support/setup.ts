import { afterAll } from 'vitest';
import { testDatabase } from './database';
import { endOwnerPool } from './owner-pool';

// Runs before any module of the product is loaded, as the product reads its settings once.
const { ownerUrl, appUrl } = await testDatabase();
Object.assign(process.env, {
  DATABASE_URL: appUrl,
  DATABASE_OWNER_URL: ownerUrl,
  DATABASE_DIRECT_URL: ownerUrl,
  PURSER_SECRET: 'tests-only-7f3Kq9ZsX2vB8mNw4LrT6yHc',
  PURSER_DEMO: '0',
  CARRIER: 'sandbox',
  RATE_LIMIT: process.env['TEST_RATE_LIMIT'] ?? '100000',
});
afterAll(endOwnerPool);

process.stdout.write = quiet(process.stdout.write.bind(process.stdout));

/** Hides the product's log lines, which would bury a test's output. */
function quiet(write: typeof process.stdout.write): typeof process.stdout.write {
  return (chunk: string | Uint8Array, ...rest: never[]) =>
    typeof chunk === 'string' && chunk.startsWith('{"at":') ? true : write(chunk, ...rest);
}
