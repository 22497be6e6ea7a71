import { escapeLiteral, type Pool, type PoolClient } from 'pg';
import { drizzleOn, poolUnder, type Db } from '@/db/client';
import { isCancelled } from '@/db/faults';
import { credentialOf, actingMember, type Actor, type Role } from './actor';
import { announce, touch, type Noun } from './change-feed';
import { fail } from './errors';
import { may, mustBeLive, type Permission } from './policy';
import type { AuditAction } from './audit-vocabulary';
import type { Context, TxContext, Queue, Transaction, Task, TeamNow, PastRequest } from './context';

type Begun = {
  now: string;
  team?: TeamNow;
  role: Role | null;
  status: 'active' | 'inactive' | 'deleted' | null;
  idempotency: PastRequest | null;
};

/**
 * Runs a command and checks the actor's permission, again inside the transaction. Joins the transaction in progress, or opens
 * one that commits when `run` returns and rolls back when it throws.
 * @throws DomainError `owner_required`, `team_suspended`, `member_inactive`, `invalid_key`
 */
export async function runCommand<T>(
  ctx: Context,
  permission: Permission,
  run: (tx: TxContext) => Promise<T>,
): Promise<T> {
  may(ctx.actor, permission);
  return inTransaction(ctx, null, async (tx) => {
    may(tx.actor, permission);
    if (tx.actor.type === 'member' && tx.tx.team.status !== 'active') fail('team_suspended');
    return run(tx);
  });
}

/** Runs a command and rolls it back: no money moves, and no audit row, stored response or job remains. */
export async function dryRun<T>(ctx: Context, permission: Permission, run: (tx: TxContext) => Promise<T>): Promise<T> {
  return runCommand(ctx, permission, async (tx) => {
    tx.tx.isDryRun = true;
    return run(tx);
  });
}

/**
 * Runs work in one transaction that adds three round trips: BEGIN with the check of the actor, and the audit rows, jobs and
 * stored response with the COMMIT. Joins the transaction in progress.
 * @throws DomainError `member_inactive`, `invalid_key` if the acting member is no longer active
 */
export async function inTransaction<T>(
  ctx: Context,
  idempotencyKey: string | null,
  work: (tx: TxContext) => Promise<T>,
): Promise<T> {
  if (ctx.tx) return work(ctx as TxContext);
  return onConnection(ctx.database.pool, async (client) => {
    const tx = await begin(client, ctx, idempotencyKey);
    const result = await work(tx);
    await end(client, tx);
    return result;
  });
}

/** Runs the transaction that creates a team: like `inTransaction`, but the team does not exist yet. */
export async function inNewTeamTransaction<T>(ctx: Context, work: (tx: TxContext) => Promise<T>): Promise<T> {
  return onConnection(ctx.database.pool, async (client) => {
    const now = readClock(await client.query(`${BEGIN}; SELECT now()::text AS now`));
    const team: TeamNow = { status: 'active', defaultSender: null, ratesVersion: 1 };
    const tx: Transaction = { ...emptyTransaction(), team, past: null, key: null };
    const inside: TxContext = { ...ctx, db: drizzleOn(client), tx, now: ctx.at ?? now };
    const result = await work(inside);
    await end(client, inside);
    return result;
  });
}

/** Reads from one snapshot of the database without locks, for proofs and reports over all teams. */
export async function readSnapshot<T>(db: Db, read: (db: Db) => Promise<T>): Promise<T> {
  return onConnection(poolUnder(db), async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await read(drizzleOn(client));
    await client.query('COMMIT');
    return result;
  });
}

/** Long reads that a process runs at once; each occupies a connection. */
const LONG_AT_ONCE = 2;

const long = new WeakMap<Pool, number>();

/**
 * Runs a read that may take long.
 * @param ms time limit in milliseconds
 * @returns null if the time limit is reached or too many long reads are running
 */
export async function readWithin<T>(db: Db, ms: number, read: (db: Db) => Promise<T>): Promise<T | null> {
  const pool = poolUnder(db);
  const others = long.get(pool) ?? 0;
  if (others >= LONG_AT_ONCE) return null;
  long.set(pool, others + 1);
  const answer = onConnection(pool, async (client) => {
    await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${ms}`);
    const result = await read(drizzleOn(client));
    await client.query('COMMIT');
    return result;
  });
  return answer
    .catch((error: unknown) => (isCancelled(error) ? null : Promise.reject(error as Error)))
    .finally(() => long.set(pool, long.get(pool)! - 1));
}

/** Runs work, which sends its own BEGIN, on a connection. The connection is always released: rolled back, or closed if broken. */
export async function onConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    await client.query('ROLLBACK').catch((e: Error) => (broken = e));
    throw error;
  } finally {
    client.release(broken);
  }
}

const emptyTransaction = () => ({ audit: [], jobs: [], touched: new Map(), answer: null, isDryRun: false });

/** Returns the time of a transaction from the result of its first query. */
export const readClock = (results: unknown): Date =>
  new Date((results as { rows: { now: string }[] }[]).at(-1)!.rows[0]!.now);

/** Opens a transaction with its timeouts. */
export const BEGIN = `BEGIN; SET LOCAL lock_timeout = '8s'; SET LOCAL statement_timeout = '30s';
     SET LOCAL idle_in_transaction_session_timeout = '10s'`;

async function begin(client: PoolClient, ctx: Context, key: string | null): Promise<TxContext> {
  // Several statements in one message cannot have parameters, hence literals.
  const results: unknown = await client.query(
    `${BEGIN};
     SELECT request_begin(${literal(ctx.actor.teamId)}, ${literal(actingMember(ctx.actor))}, ${literal(key)}) AS begun`,
  );
  const begun = (results as { rows: { begun: Begun }[] }[]).at(-1)!.rows[0]!.begun;
  if (!begun.team) fail('not_found', { detail: 'This team does not exist.' });
  const actor = liveActor(ctx.actor, begun);
  const tx: Transaction = { ...emptyTransaction(), team: begun.team, past: begun.idempotency, key };
  return { ...ctx, actor, db: drizzleOn(client), tx, now: ctx.at ?? new Date(begun.now) };
}

function liveActor(actor: Actor, begun: Begun): Actor {
  if (actor.type !== 'member') return actor;
  mustBeLive(begun.status);
  return { ...actor, role: begun.role ?? fail('invalid_key') };
}

async function end(client: PoolClient, { actor, database, tx }: TxContext): Promise<void> {
  if (tx.isDryRun) {
    await client.query('ROLLBACK');
    return;
  }
  const hasRecords = tx.audit.length || tx.jobs.length || tx.answer;
  try {
    await commit(client, hasRecords ? finish({ actor, tx }) : null);
  } finally {
    // Also after a failed COMMIT: it may have succeeded, and an extra refetch is harmless.
    announce(database.pool, actor.teamId, tx.touched);
  }
}

/**
 * Commits, after an optional function call (SQL text) in the same round trip.
 * @throws Error if an earlier statement of the transaction failed
 */
export async function commit(client: PoolClient, last: string | null): Promise<void> {
  const done: unknown = await client.query(last === null ? 'COMMIT' : `SELECT ${last}; COMMIT`);
  // Postgres answers the COMMIT of an aborted transaction with ROLLBACK instead of an error.
  const { command } = [done].flat().at(-1) as { command: string };
  if (command !== 'COMMIT') throw new Error('A statement of this transaction failed, so it was rolled back.');
}

const finish = ({ actor, tx }: Pick<TxContext, 'actor' | 'tx'>): string =>
  `request_finish(${literal(actor.teamId)}, ${jsonLiteral(tx.audit)}, ${jsonLiteral(tx.jobs)}, ${jsonLiteral(tx.answer)})`;

const literal = (text: string | null): string => (text === null ? 'NULL' : escapeLiteral(text));

/** Returns a value as a jsonb literal; NULL for null or an empty list. */
export function jsonLiteral(value: object | null): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'NULL';
  return `${escapeLiteral(JSON.stringify(value))}::jsonb`;
}

/** An audit row to write. `before` and `after` must not hold secrets. */
export type AuditEntry = {
  action: AuditAction;
  targetType: 'team' | 'member' | 'key' | 'transfer' | 'rates' | 'invitation';
  targetId: string | null;
  before?: object | null;
  after?: object | null;
};

/** The change feed's noun for each target of an audit entry. */
const NOUN_OF_TARGET = {
  team: 'team',
  member: 'members',
  key: 'members',
  transfer: 'transfers',
  rates: 'rates',
  invitation: 'invitations',
} as const satisfies Record<AuditEntry['targetType'], Noun>;

/** Records an audit entry with the change (actor, time, address, channel), and publishes that the target changed. */
export function recordAudit(tx: TxContext, entry: AuditEntry): void {
  const { actor } = tx;
  publishChange(
    tx,
    NOUN_OF_TARGET[entry.targetType],
    entry.targetType === 'member' && entry.targetId ? [entry.targetId] : [],
  );
  tx.tx.audit.push({
    at: tx.at,
    ...credentialOf(actor),
    actorName: actor.name,
    channel: actor.channel,
    address: actor.type === 'operator' ? null : actor.address,
    requestId: tx.requestId,
    ...entry,
  });
}

/**
 * Publishes after the commit that data changed.
 * @param memberIds the members concerned; empty for none in particular (owners only), null for possibly all
 */
export function publishChange(tx: TxContext, noun: Noun, memberIds: string[] | null): void {
  touch(tx.tx.touched, noun, memberIds);
}

/** Queues a job that runs after the commit. The payload holds ids, never secrets. The same job in one change is queued once. */
export function enqueue(tx: Queue, task: Task, payload: object): void {
  const already = tx.tx.jobs.some(
    (job) => job.task === task && JSON.stringify(job.payload) === JSON.stringify(payload),
  );
  if (!already) tx.tx.jobs.push({ task, payload });
}
