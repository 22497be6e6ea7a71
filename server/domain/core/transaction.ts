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
 * Runs a change: the actor's right, judged again inside the transaction, then the verb. Joins the transaction in
 * progress, else opens one that commits when the verb returns and is undone when it throws.
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

/** Runs a change for real, then takes it all back: no money, no audit row, no stored answer, no job. */
export async function dryRun<T>(ctx: Context, permission: Permission, run: (tx: TxContext) => Promise<T>): Promise<T> {
  return runCommand(ctx, permission, async (tx) => {
    tx.tx.isDryRun = true;
    return run(tx);
  });
}

/**
 * One transaction in three round trips and the verb's own: BEGIN with the gate, the verb, and all that must go with it
 * (audit, jobs, the stored answer) with the COMMIT. Joins the one in progress.
 * @throws DomainError `member_inactive`, `invalid_key` when the acting seat is no longer live
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

/** The transaction in which a new team begins: as `transact`, but the team is not there yet. */
export async function inNewTeamTransaction<T>(ctx: Context, work: (tx: TxContext) => Promise<T>): Promise<T> {
  return onConnection(ctx.database.pool, async (client) => {
    const now = readClock(await client.query(`${BEGIN}; SELECT now()::text AS now`));
    const team: TeamNow = { status: 'active', defaultSender: null, ratesVersion: 1 };
    const tx: Transaction = { ...nothingYet(), team, past: null, key: null };
    const inside: TxContext = { ...ctx, db: drizzleOn(client), tx, now: ctx.at ?? now };
    const result = await work(inside);
    await end(client, inside);
    return result;
  });
}

/** Reads from one snapshot of the whole database, taking no lock. For proofs and reports over all teams. */
export async function readSnapshot<T>(db: Db, read: (db: Db) => Promise<T>): Promise<T> {
  return onConnection(poolUnder(db), async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await read(drizzleOn(client));
    await client.query('COMMIT');
    return result;
  });
}

/** So many readings that may take long a process does at once: each keeps a connection from everyone else. */
const LONG_AT_ONCE = 2;

const long = new WeakMap<Pool, number>();

/** Reads what may take long: null when the answer is not there within so many milliseconds, or too many are read already. */
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

/** Lends a connection to a transaction, BEGIN included. It is always given back: rolled back, or as one to throw away. */
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

const nothingYet = () => ({ audit: [], jobs: [], touched: new Map(), answer: null, isDryRun: false });

/** The clock of a transaction, from the answer to its first message. */
export const readClock = (results: unknown): Date =>
  new Date((results as { rows: { now: string }[] }[]).at(-1)!.rows[0]!.now);

export const BEGIN = `BEGIN; SET LOCAL lock_timeout = '8s'; SET LOCAL statement_timeout = '30s';
     SET LOCAL idle_in_transaction_session_timeout = '10s'`;

async function begin(client: PoolClient, ctx: Context, key: string | null): Promise<TxContext> {
  // One message of several statements, hence literals: a failure in the middle leaves the transaction aborted.
  const results: unknown = await client.query(
    `${BEGIN};
     SELECT request_begin(${literal(ctx.actor.teamId)}, ${literal(actingMember(ctx.actor))}, ${literal(key)}) AS begun`,
  );
  const begun = (results as { rows: { begun: Begun }[] }[]).at(-1)!.rows[0]!.begun;
  if (!begun.team) fail('not_found', { detail: 'There is no such team.' });
  const actor = liveActor(ctx.actor, begun);
  const tx: Transaction = { ...nothingYet(), team: begun.team, past: begun.idempotency, key };
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
  const something = tx.audit.length || tx.jobs.length || tx.answer;
  try {
    await commit(client, something ? finish({ actor, tx }) : null);
  } finally {
    // Of a COMMIT without an answer too: it may have counted, and who is told in vain asks in vain.
    announce(database.pool, actor.teamId, tx.touched);
  }
}

/** Commits, with a last call in the same round trip. */
export async function commit(client: PoolClient, last: string | null): Promise<void> {
  const done: unknown = await client.query(last === null ? 'COMMIT' : `SELECT ${last}; COMMIT`);
  // Postgres answers the COMMIT of a transaction that a statement has broken with ROLLBACK, and with no error.
  const { command } = [done].flat().at(-1) as { command: string };
  if (command !== 'COMMIT') throw new Error('A statement of this transaction failed, so that nothing of it was kept.');
}

const finish = ({ actor, tx }: Pick<TxContext, 'actor' | 'tx'>): string =>
  `request_finish(${literal(actor.teamId)}, ${jsonLiteral(tx.audit)}, ${jsonLiteral(tx.jobs)}, ${jsonLiteral(tx.answer)})`;

const literal = (text: string | null): string => (text === null ? 'NULL' : escapeLiteral(text));

/** A value as a literal of SQL; NULL for nothing. */
export function jsonLiteral(value: object | null): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'NULL';
  return `${escapeLiteral(JSON.stringify(value))}::jsonb`;
}

/** What an audit row says. `before` and `after` hold no secret. */
export type AuditEntry = {
  action: AuditAction;
  targetType: 'team' | 'member' | 'key' | 'transfer' | 'rates' | 'invitation';
  targetId: string | null;
  before?: object | null;
  after?: object | null;
};

/** Whose seat an entry is about is seen in its target; owners see what is about none. */
const TOLD_AS = {
  team: 'team',
  member: 'members',
  key: 'members',
  transfer: 'transfers',
  rates: 'rates',
  invitation: 'invitations',
} as const satisfies Record<AuditEntry['targetType'], Noun>;

/** Remembers, with the change, who made it, when, from where and through which door; and tells that it was changed. */
export function recordAudit(tx: TxContext, entry: AuditEntry): void {
  const { actor } = tx;
  publishChange(tx, TOLD_AS[entry.targetType], entry.targetType === 'member' && entry.targetId ? [entry.targetId] : []);
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
 * Tells who watches, once it is committed, what was touched: of these seats, of none in particular (owners alone see it),
 * or of perhaps all (null).
 */
export function publishChange(tx: TxContext, noun: Noun, memberIds: string[] | null): void {
  touch(tx.tx.touched, noun, memberIds);
}

/** What must follow the commit, if it comes. Ids only, never secrets; the same job twice in one change is one. */
export function enqueue(tx: Queue, task: Task, payload: object): void {
  const already = tx.tx.jobs.some(
    (job) => job.task === task && JSON.stringify(job.payload) === JSON.stringify(payload),
  );
  if (!already) tx.tx.jobs.push({ task, payload });
}
