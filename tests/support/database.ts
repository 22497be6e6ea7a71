import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { inject } from 'vitest';

export type TestDatabase = { name: string; ownerUrl: string; appUrl: string };

const TEMPLATE = 'purser_template';
const DUPLICATE_DATABASE = '42P04';
const OBJECT_IN_USE = '55006';

function onDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function create(client: Client, name: string): Promise<void> {
  for (;;) {
    try {
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY wal_log`);
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === DUPLICATE_DATABASE) return;
      if (code !== OBJECT_IN_USE) throw error;
      await sleep(50);
    }
  }
}

const asOwner = (work: (client: Client) => Promise<void>): Promise<void> => on(inject('postgres').ownerUrl, work);

async function on(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function named(name: string): TestDatabase {
  const { ownerUrl, appUrl } = inject('postgres');
  return { name, ownerUrl: onDatabase(ownerUrl, name), appUrl: onDatabase(appUrl, name) };
}

/**
 * Returns the migrated database of this vitest worker. The files that the worker runs one after another share it, so a
 * test creates its own teams and relies on no empty table.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `purser_test_${process.env['VITEST_POOL_ID'] ?? '0'}`;
  await asOwner((client) => create(client, name));
  return named(name);
}

let made = 0;

/** Creates a migrated database for a test that needs one alone; `drop` it afterwards. */
export async function ownDatabase(): Promise<TestDatabase & { drop: () => Promise<void> }> {
  made += 1;
  const name = `purser_own_${process.pid}_${made}`;
  await asOwner((client) => create(client, name));
  // Uses the superuser: autovacuum may be at work in the database, and only a superuser can end it.
  const drop = () =>
    on(inject('postgres').superUrl, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    });
  return { ...named(name), drop };
}
