import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool, type PoolClient } from 'pg';

/** Drizzle over the pool, or over the one connection of a transaction. */
export type Db = NodePgDatabase;

export type Database = { pool: Pool; db: Db };

/** How long a caller waits for a free connection before the answer is `unavailable`. */
const CONNECT_TIMEOUT_MS = 4_000;

/**
 * Opens a pool on `url`. Nothing of a session is relied upon, so a pooler in transaction mode may stand between.
 */
export function openDatabase(url: string, options: { max?: number; name?: string } = {}): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    application_name: options.name ?? 'purser',
    keepAlive: true,
  });
  // A connection that breaks is replaced at the next use, and whoever is at work on it is told by its own query. Without
  // these listeners it would end the process: the pool listens to its idle connections alone.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return { pool, db: drizzle(pool, { casing: 'snake_case' }) };
}

/** The pool on which the drizzle of a `Database` stands. */
export const poolUnder = (db: Db): Pool => (db as Db & { $client: Pool }).$client;

const onClient = new WeakMap<PoolClient, Db>();

/** Drizzle on one connection, for statements inside its transaction; made once a connection. */
export function drizzleOn(client: PoolClient): Db {
  let db = onClient.get(client);
  if (!db) onClient.set(client, (db = drizzle(client, { casing: 'snake_case' })));
  return db;
}

/**
 * A query that is built once and only filled in from then on: building takes longer than all else that this process does
 * for a small query. Built once for each `shape`, the names of the filters that are given. `.prepare(UNNAMED)` it: a
 * pooler in transaction mode may stand between, which knows no named ones.
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

/** The names of what is given of some values: the shape of a query. */
export const describeQuery = (values: Record<string, unknown>): string[] =>
  Object.keys(values).filter((name) => values[name] !== undefined && values[name] !== null);

/** What `.prepare` takes for a statement without a name. */
export const UNNAMED = '';

const shared = globalThis as { purserDatabase?: Database };

/** The process's one pool on `DATABASE_URL`, opened at first use. */
export function database(): Database {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set: start with `npm start`, or name a Postgres 15 or newer.');
  shared.purserDatabase ??= openDatabase(url, { max: Number(process.env['DATABASE_POOL_SIZE'] ?? 10) });
  return shared.purserDatabase;
}

/** The process's pool, for what needs no query builder. */
export const pool = (): Pool => database().pool;
