import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type ClientBase } from 'pg';
import { grantApp } from './grants';

/** A refusal to migrate. Its message tells the operator what to do and is shown without a stack. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/** A connection or a pool. */
type Queryable = Pick<ClientBase, 'query'>;

type Migration = { tag: string; hash: string; statements: string[]; transaction: boolean };

/** The key of the advisory lock: the bytes of `purser`, which no other program uses. */
const LOCK = 123_649_733_649_778n;
const OUTSIDE = '-- purser: outside a transaction';
/** Codes for: no such table; no permission yet, because it is granted after the first migration. */
const UNREADABLE = ['42P01', '42501'];

// Relative to the working directory, because the bundled readiness route does not lie beside these files.
const folder = () => join(/* turbopackIgnore: true */ process.cwd(), 'db', 'migrations');

async function tagsOf(directory: string): Promise<string[]> {
  const journal = await readFile(join(/* turbopackIgnore: true */ directory, 'meta', '_journal.json'), 'utf8');
  const parsed: { entries: { idx: number; tag: string }[] } = JSON.parse(journal);
  return parsed.entries.toSorted((a, b) => a.idx - b.idx).map((entry) => entry.tag);
}

async function load(directory: string, tag: string): Promise<Migration> {
  const text = await readFile(join(/* turbopackIgnore: true */ directory, `${tag}.sql`), 'utf8');
  // A checkout on Windows may have other line ends, which must not change the hash.
  const sql = text.replaceAll('\r\n', '\n');
  const statements = sql.split('--> statement-breakpoint').filter((part) => part.trim() !== '');
  const hash = createHash('sha256').update(sql).digest('hex');
  return { tag, hash, statements, transaction: sql.split('\n', 1)[0]?.trim() !== OUTSIDE };
}

function reasonOf(error: unknown): { message: string; code?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, ...('code' in error && { code: String(error.code) }) };
}

async function applied(client: Queryable): Promise<Map<string, string>> {
  const { rows } = await client.query<{ tag: string; hash: string }>('SELECT tag, hash FROM purser_migrations');
  return new Map(rows.map((row) => [row.tag, row.hash]));
}

let known: Promise<string[]> | undefined;

/**
 * Lists the migrations of this release that the database lacks, oldest first. Works with the application's role. The files
 * are read once per process, because an upgrade may replace them while it runs.
 */
export async function pendingMigrations(client: Queryable): Promise<string[]> {
  known ??= tagsOf(folder());
  const tags = await known;
  try {
    const done = await applied(client);
    return tags.filter((tag) => !done.has(tag));
  } catch (error) {
    if (UNREADABLE.includes(reasonOf(error).code ?? '')) return tags;
    throw error;
  }
}

async function lock(client: ClientBase): Promise<void> {
  // Polls instead of waiting: a waiting query holds a snapshot. If the lock's holder builds an index concurrently, it would
  // wait for that snapshot, and both would wait for each other.
  for (;;) {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [LOCK.toString()]);
    if (rows[0]?.got) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function inTransaction(client: ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function apply(client: ClientBase, migration: Migration): Promise<void> {
  const work = async () => {
    for (const statement of migration.statements) await client.query(statement);
    await client.query('INSERT INTO purser_migrations (tag, hash) VALUES ($1, $2)', [migration.tag, migration.hash]);
  };
  try {
    await (migration.transaction ? inTransaction(client, work) : work());
  } catch (error) {
    const { message, code } = reasonOf(error);
    const left = migration.transaction
      ? 'It was rolled back.'
      : 'It runs outside a transaction, so part of it may be applied. Start again to repeat it.';
    throw new MigrationError(`Migration ${migration.tag} failed: ${message}${code ? ` (${code})` : ''}. ${left}`, {
      cause: error,
    });
  }
}

function check(done: Map<string, string>, migrations: Migration[]): void {
  const ours = new Map(migrations.map((migration) => [migration.tag, migration.hash]));
  const foreign = [...done.keys()].filter((tag) => !ours.has(tag)).toSorted();
  if (foreign.length > 0) {
    throw new MigrationError(
      `The database is newer than this release: it has the migrations ${foreign.join(', ')}, which this release does ` +
        'not know. Start the release that created them, or a later one.',
    );
  }
  const changed = [...done].filter(([tag, hash]) => ours.get(tag) !== hash).map(([tag]) => tag);
  if (changed.length > 0) {
    throw new MigrationError(
      `The files of the migrations ${changed.join(', ')} differ from those that were applied to the database. Restore ` +
        'them in db/migrations, and put changes into a new migration.',
    );
  }
}

async function connect(ownerUrl: string): Promise<Client> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'purser-migrate' });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    const { message, code } = reasonOf(error);
    const reason = message || code || 'no answer';
    throw new MigrationError(
      `Cannot connect to the database for migrations: ${reason}. Check DATABASE_OWNER_URL (or DATABASE_URL, if that is ` +
        'not set), and that the server is running.',
      { cause: error },
    );
  }
  return client;
}

async function grant(client: Client, appUrl: string): Promise<void> {
  const role = decodeURIComponent(new URL(appUrl).username);
  const { rows } = await client.query<{ owner: string }>('SELECT current_user AS owner');
  if (role === '' || role === rows[0]?.owner) return;
  await inTransaction(client, () => grantApp(client, role));
}

/**
 * Migrates the database to this release: applies the missing migrations in order, one transaction per file, as the owner
 * and under an advisory lock, so that parallel starts apply each once. Then grants the application's role its permissions.
 *
 * @param urls `ownerUrl` must connect to the server itself, not to a pooler: the lock belongs to a session
 * @param directory drizzle-kit's folder
 * @throws MigrationError if the database is newer than this release or was migrated with other files
 */
export async function migrate(
  { ownerUrl, appUrl }: { ownerUrl: string; appUrl: string },
  directory = folder(),
): Promise<{ applied: number }> {
  const tags = await tagsOf(directory);
  const migrations = await Promise.all(tags.map((tag) => load(directory, tag)));
  const client = await connect(ownerUrl);
  try {
    await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0');
    await lock(client);
    await client.query(`CREATE TABLE IF NOT EXISTS purser_migrations (
      tag text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const done = await applied(client);
    check(done, migrations);
    const missing = migrations.filter((migration) => !done.has(migration.tag));
    for (const migration of missing) await apply(client, migration);
    await grant(client, appUrl);
    return { applied: missing.length };
  } finally {
    await client.end();
  }
}
