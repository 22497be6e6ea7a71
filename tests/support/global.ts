import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import { Client, Pool } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '@/db/migrate';
import { startPostgres } from '@/scripts/embedded-postgres/postgres.mjs';

const TEMPLATE = 'purser_template';

declare module 'vitest' {
  interface ProvidedContext {
    /** URLs of the template's server; each worker replaces the database in them by its own. */
    postgres: { ownerUrl: string; appUrl: string; superUrl: string };
  }
}

/** A test database needs neither durability in a power cut nor settings that only pay off in a long-lived database. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum_naptime: '5s',
  jit: 'off',
  shared_buffers: '256MB',
  max_connections: 200,
};

/** Returns the same URL with another database. */
function onDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function makeTemplate({ ownerUrl, appUrl }: { ownerUrl: string; appUrl: string }): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${TEMPLATE}`);
    await migrate({ ownerUrl: onDatabase(ownerUrl, TEMPLATE), appUrl: onDatabase(appUrl, TEMPLATE) });
    // The queue's tables, which a worker makes when it starts.
    const pgPool = new Pool({ connectionString: onDatabase(ownerUrl, TEMPLATE), max: 1 });
    try {
      await runMigrations({ pgPool });
    } finally {
      await pgPool.end();
    }
    // Connections are refused from now on: a template in use cannot be copied.
    await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  } finally {
    await client.end();
  }
}

/** Starts one real Postgres for the whole run with a migrated template; removes it afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'purser-test-'));
  const postgres = await startPostgres({ dir, settings: SETTINGS });
  const teardown = async () => {
    await postgres.stop({ now: true });
    rmSync(dir, { recursive: true, force: true });
  };
  // An interrupted run leaves no database behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => void teardown().finally(() => process.exit(1)));
  try {
    await makeTemplate(postgres);
  } catch (error) {
    await teardown();
    throw error;
  }
  const { ownerUrl, appUrl, superUrl } = postgres;
  project.provide('postgres', { ownerUrl, appUrl, superUrl });
  return teardown;
}
