import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { creditMember } from '@/server/domain/billing/ledger/write';
import { services } from '@/server/http/services';
import { measure, printTable } from './load';
import { makeBenchTeam, pick, type BenchTeam } from './world';

const CLIENTS = 16;
const SECONDS = Number(process.argv[2] ?? 6);

/**
 * Compares credits by the command with the same updates and inserts as bare SQL: tables of the same columns and size
 * without foreign keys, triggers, checks or grants, written from the same process over the same kind of pool.
 */
async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: CLIENTS });
  await makeBareTables(owner);
  const many = await Promise.all(Array.from({ length: 40 }, () => makeBenchTeam(10)));
  const hot = [await makeBenchTeam(100)];
  for (const team of [...many, ...hot]) await copyAccounts(owner, team);
  await owner.query('ANALYZE');

  for (const [title, teams] of [
    [`Credits, 40 teams of 10 members, ${CLIENTS} clients`, many],
    [`Credits, one team (one hot master), ${CLIENTS} clients`, hot],
  ] as const) {
    const statements = await measure(
      'bare SQL: begin, 2 updates, 4 inserts, commit',
      () => bareStatements(owner, pick(teams)),
      options,
    );
    const one = await measure(
      'bare SQL: the same in one function call',
      () => bareFunction(owner, pick(teams)),
      options,
    );
    const command = await measure(
      'creditMember: rights, floor, pair, chain, audit row',
      () => credit(pick(teams)),
      options,
    );
    printTable(title, statements, [one, command]);
  }
  await owner.end();
  await services().database.pool.end();
}

const options = { clients: CLIENTS, seconds: SECONDS };

async function credit(team: BenchTeam): Promise<void> {
  await creditMember(team.ctx, { memberId: pick(team.members).id, amount: 10_000n });
}

async function makeBareTables(owner: Pool): Promise<void> {
  await owner.query(`
    CREATE TABLE bare_accounts (team_id uuid, id uuid, balance bigint, version bigint, PRIMARY KEY (team_id, id)) WITH (fillfactor = 50);
    CREATE TABLE bare_transfers (LIKE transfers INCLUDING DEFAULTS);
    ALTER TABLE bare_transfers ADD PRIMARY KEY (team_id, id);
    CREATE INDEX ON bare_transfers (team_id, member_id, id);
    CREATE TABLE bare_entries (LIKE entries INCLUDING DEFAULTS);
    ALTER TABLE bare_entries ADD PRIMARY KEY (team_id, transfer_id, leg);
    CREATE INDEX ON bare_entries (team_id, account_id, seq);
    CREATE TABLE bare_audit (LIKE audit_events INCLUDING DEFAULTS);
    ALTER TABLE bare_audit ADD PRIMARY KEY (team_id, id);
    CREATE FUNCTION bare_credit(t uuid, m uuid, a bigint) RETURNS uuid LANGUAGE plpgsql AS $$
    DECLARE x uuid := uuid7(); mb bigint; ms bigint; db bigint; ds bigint;
    BEGIN
      UPDATE bare_accounts SET balance = balance + a, version = version + 1 WHERE team_id = t AND id = m RETURNING balance, version INTO mb, ms;
      UPDATE bare_accounts SET balance = balance - a, version = version + 1 WHERE team_id = t AND id = t RETURNING balance, version INTO db, ds;
      INSERT INTO bare_transfers (team_id, id, kind, debit_account, credit_account, amount, debit_after, debit_seq, credit_after, credit_seq, member_id, actor_type, actor_name, created_at)
        VALUES (t, x, 'credit', t, m, a, db, ds, mb, ms, m, 'key', 'Owner', now());
      INSERT INTO bare_entries VALUES (t, x, -1, t, -a, db, ds, now()), (t, x, 1, m, a, mb, ms, now());
      INSERT INTO bare_audit (team_id, id, at, action, actor_type, actor_name, channel, target_type) VALUES (t, uuid7(), now(), 'member.credited', 'key', 'Owner', 'api', 'member');
      RETURN x;
    END $$;`);
}

async function copyAccounts(owner: Pool, team: BenchTeam): Promise<void> {
  await owner.query(
    `INSERT INTO bare_accounts SELECT team_id, id, balance, version FROM ledger_accounts WHERE team_id = $1 AND kind IN ('master', 'member')`,
    [team.ctx.actor.teamId],
  );
}

async function bareFunction(owner: Pool, team: BenchTeam): Promise<void> {
  await owner.query('SELECT bare_credit($1, $2, $3)', [team.ctx.actor.teamId, pick(team.members).id, 10_000]);
}

async function bareStatements(owner: Pool, team: BenchTeam): Promise<void> {
  const client = await owner.connect();
  const { teamId } = team.ctx.actor;
  const id = randomUUID();
  const member = pick(team.members).id;
  try {
    await client.query('BEGIN');
    const set =
      'UPDATE bare_accounts SET balance = balance + $3, version = version + 1 WHERE team_id = $1 AND id = $2 RETURNING balance, version';
    const { rows: to } = await client.query<{ balance: string; version: string }>(set, [teamId, member, 10_000]);
    const { rows: from } = await client.query<{ balance: string; version: string }>(set, [teamId, teamId, -10_000]);
    await client.query(
      `INSERT INTO bare_transfers (team_id, id, kind, debit_account, credit_account, amount, debit_after, debit_seq, credit_after, credit_seq, member_id, actor_type, actor_name, created_at)
       VALUES ($1, $2, 'credit', $1, $3, $4, $5, $6, $7, $8, $3, 'key', 'Owner', now())`,
      [teamId, id, member, 10_000, from[0]!.balance, from[0]!.version, to[0]!.balance, to[0]!.version],
    );
    const entry = 'INSERT INTO bare_entries VALUES ($1, $2, $3, $4, $5, $6, $7, now())';
    await client.query(entry, [teamId, id, -1, teamId, -10_000, from[0]!.balance, from[0]!.version]);
    await client.query(entry, [teamId, id, 1, member, 10_000, to[0]!.balance, to[0]!.version]);
    await client.query(
      `INSERT INTO bare_audit (team_id, id, at, action, actor_type, actor_name, channel, target_type) VALUES ($1, $2, now(), 'member.credited', 'key', 'Owner', 'api', 'member')`,
      [teamId, randomUUID()],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

await main();
