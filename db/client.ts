import { getTableColumns } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool, type PoolClient } from 'pg';

/** Drizzle over the pool, or over the one connection of a transaction. */
export type Db = NodePgDatabase;

export type Database = { pool: Pool; db: Db };

/** Milliseconds to wait for a free connection before the request fails with `unavailable`. */
const CONNECT_TIMEOUT_MS = 4_000;

/** Opens a pool on `url`. No session state is used, so a pooler in transaction mode works. */
export function openDatabase(url: string, options: { max?: number; name?: string } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    application_name: options.name ?? 'purser',
    keepAlive: true,
  });
  // A broken connection is replaced at its next use, and its running query rejects. Without these listeners the error event
  // would end the process: the pool itself handles errors of idle connections only.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return { pool, db: drizzle(pool, { casing: 'snake_case' }) };
}

/** Returns the pool of a `Database`'s drizzle instance. */
export const poolUnder = (db: Db): Pool => (db as Db & { $client: Pool }).$client;

const onClient = new WeakMap<PoolClient, Db>();

/** Returns drizzle on one connection, for statements inside its transaction. Cached per connection. */
export function drizzleOn(client: PoolClient): Db {
  let db = onClient.get(client);
  if (!db) onClient.set(client, (db = drizzle(client, { casing: 'snake_case' })));
  return db;
}

/**
 * Builds a query once per `shape` (the names of the given filters) and reuses it, because building a small query takes
 * longer than the rest of its work in this process. Use `.prepare(UNNAMED)`: a pooler in transaction mode does not support
 * named statements.
 */
export function builtOnce<Q>(build: (db: Db, has: (filter: string) => boolean) => Q): (db: Db, shape?: string[]) => Q {
  const built = new WeakMap<Db, Map<string, Q>>();
  return (db, shape = []) => {
    let shapes = built.get(db);
    if (!shapes) built.set(db, (shapes = new Map()));
    const name = shape.join();
    let query = shapes.get(name);
    if (!query) shapes.set(name, (query = build(db, (filter) => shape.includes(filter))));
    return query;
  };
}

/** Returns the names of the values that are given: the shape of a query. */
export const describeQuery = (values: Record<string, unknown>): string[] =>
  Object.keys(values).filter((name) => values[name] !== undefined && values[name] !== null);

/** The argument of `.prepare` for an unnamed statement. */
export const UNNAMED = '';

const shared = globalThis as { purserDatabase?: Database };

/**
 * Returns the process's database on `DATABASE_URL`, opened at first use.
 * @throws Error if `DATABASE_URL` is not set
 */
export function database(): Database {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set. Start with `npm start`, or set it to a Postgres 15 or newer.');
  shared.purserDatabase ??= openDatabase(url, { max: Number(process.env['DATABASE_POOL_SIZE'] ?? 10) });
  return shared.purserDatabase;
}

/** Returns the process's pool, for queries without the query builder. */
export const pool = (): Pool => database().pool;

/** Returns the columns of a table that are fields of a schema: a query selects by name what its result has. */
export function columnsNamed<T extends PgTable, Fields extends object>(
  table: T,
  fields: Fields,
): Pick<T['_']['columns'], keyof Fields & keyof T['_']['columns']> {
  const named = Object.entries(getTableColumns(table)).filter(([name]) => name in fields);
  return Object.fromEntries(named) as Pick<T['_']['columns'], keyof Fields & keyof T['_']['columns']>;
}
