import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrations } from 'graphile-worker';
import { Client, Pool } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '@/db/migrate';
import { startPostgres } from '@/scripts/lib/postgres.mjs';

const TEMPLATE = 'purser_template';

declare module 'vitest' {
  interface ProvidedContext {
    /** Reach the template's server; the database in them is to be replaced by the worker's own. */
    postgres: { ownerUrl: string; appUrl: string; superUrl: string };
  }
}

/** What a database may lose in a power cut is no loss to a test, nor is what only pays in a database that lives long. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
  jit: 'off',
  shared_buffers: '256MB',
  max_connections: 200,
};

/** The same server and role, another database. */
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
    // Nobody may connect any more: a template in use cannot be copied.
    await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  } finally {
    await client.end();
  }
}

/** One real Postgres for the whole run, with a migrated template; gone afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'purser-test-'));
  const postgres = await startPostgres({ dir, settings: SETTINGS });
  const teardown = async () => {
    await postgres.stop({ now: true });
    rmSync(dir, { recursive: true, force: true });
  };
  // A run that is broken off leaves no database behind.
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
