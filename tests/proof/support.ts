import type { Pool, PoolClient } from 'pg';
import { openDatabase } from '@/db/client';
import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { DomainError, Refusal } from '@/server/domain/core/errors';
import type { Report } from '@/server/domain/messaging/messages/write';
import { services } from '@/server/http/services';
import { ownerPool, type TestTeam } from '../support/team';

/** A process's own services on the test's database, with as many connections as a proof has clients. */
export function openServices(connections: number): Services & { close: () => Promise<void> } {
  const database = openDatabase(process.env['DATABASE_URL']!, { max: connections, name: 'proof' });
  return { ...services(), database, demo: false, close: () => database.pool.end() };
}

/** Moves an actor to other services. */
export const through = (services: Services, ctx: Context): Context => makeContext(services, ctx.actor, { at: ctx.at });

/** Returns the SQLSTATEs of an error, wherever a query builder has wrapped it. */
export function sqlStates(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
  }
  return codes;
}

/**
 * Returns a command's outcome: `ok`, or the code of the refusal. A fault of the database becomes its SQLSTATE and
 * message, as no command may end with it.
 */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    const result = await work;
    return result instanceof Refusal ? result.code : 'ok';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    const last = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `FAULT ${sqlStates(error).join(' ')} ${last instanceof Error ? last.message : String(last)}`;
  }
}

/** A second database session that holds rows locked, so that commands queue behind it in a known order. */
export class Gate {
  #client: PoolClient;
  private constructor(client: PoolClient) {
    this.#client = client;
  }

  /** Locks accounts of a team (the master's id is the team's). */
  static async close(team: TestTeam, ...accounts: string[]): Promise<Gate> {
    const client = await ownerPool().connect();
    const gate = new Gate(client);
    await client.query('BEGIN');
    const locked = await client.query('SELECT 1 FROM ledger_accounts WHERE team_id = $1 AND id = ANY ($2) FOR UPDATE', [
      team.teamId,
      accounts,
    ]);
    if (locked.rowCount !== accounts.length) throw new Error('There is no such account to lock.');
    return gate;
  }

  /** Waits until that many sessions of this database wait for a lock, or until `or` says that none will come. */
  async queued(count: number, or = () => false): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const { rows } = await ownerPool().query<{ n: number }>(
        `SELECT count(DISTINCT l.pid)::int AS n FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE NOT l.granted AND a.datname = current_database()`,
      );
      if (rows[0]!.n >= count || or()) return;
    }
    throw new Error(`Fewer than ${count} sessions came to wait.`);
  }

  async open(): Promise<void> {
    await this.#client.query('ROLLBACK');
    this.#client.release();
  }
}

/**
 * Runs commands that queue behind the same locks, in the order given, and releases them at once. A command that needs
 * none of these locks has ended by then.
 */
export async function inLine(
  team: TestTeam,
  accounts: string[],
  commands: (() => Promise<unknown>)[],
): Promise<string[]> {
  const gate = await Gate.close(team, ...accounts);
  const running: Promise<string>[] = [];
  let ended = 0;
  try {
    for (const command of commands) {
      running.push(outcomeOf(command()).finally(() => (ended += 1)));
      await gate.queued(running.length, () => ended > 0);
    }
  } finally {
    await gate.open();
  }
  return Promise.all(running);
}

/** Makes a carrier's report of a failed delivery. */
export const failed = (id: string): Report => ({
  id,
  status: 'failed',
  code: 'undelivered',
  detail: 'It was not delivered.',
});

export type Money = {
  master: bigint;
  reserve: bigint;
  members: bigint;
  usage: bigint;
  funding: bigint;
  lowest: bigint;
};

/** Reads a team's money from its accounts and from its entries. */
export async function moneyOf(pool: Pool, teamId: string): Promise<Money> {
  const { rows } = await pool.query<Record<keyof Money, string>>(
    `SELECT (SELECT balance FROM ledger_accounts WHERE team_id = $1 AND kind = 'master') AS master,
       (SELECT reserve FROM ledger_accounts WHERE team_id = $1 AND kind = 'master') AS reserve,
       (SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE team_id = $1 AND kind = 'member') AS members,
       (SELECT coalesce(sum(amount), 0) FROM entries WHERE team_id = $1 AND account_id = '00000000-0000-7000-8000-000000000001') AS usage,
       (SELECT coalesce(-sum(amount), 0) FROM entries WHERE team_id = $1 AND account_id = '00000000-0000-7000-8000-000000000002') AS funding,
       (SELECT least(min(balance), 0) FROM ledger_accounts WHERE team_id = $1) AS lowest`,
    [teamId],
  );
  const row = rows[0]!;
  const big = (name: keyof Money) => BigInt(row[name]);
  return {
    master: big('master'),
    reserve: big('reserve'),
    members: big('members'),
    usage: big('usage'),
    funding: big('funding'),
    lowest: big('lowest'),
  };
}

/** Takes a team's jobs out of the outbox like the relay; returns true when its waiting rules are to be looked at. */
export async function takeWake(pool: Pool, teamId: string): Promise<boolean> {
  const taken = await pool.query(`DELETE FROM outbox WHERE team_id = $1 AND task = 'serve-waiting'`, [teamId]);
  return (taken.rowCount ?? 0) > 0;
}
