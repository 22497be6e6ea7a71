import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { argumentsFor } from '@/scripts/start/build.mjs';
import { openDatabase } from '@/db/client';
import { makeContext, type Services } from '@/server/domain/core/context';
import { verifyLedger, type LedgerProof } from '@/server/domain/billing/ledger/read';
import { creditMember, fundTeam } from '@/server/domain/billing/ledger/write';
import { createMemberInput } from '@/server/domain/teams/members/schema';
import { createMember, deleteMember } from '@/server/domain/teams/members/write';
import { reportMessages, sendMessage } from '@/server/domain/messaging/messages/write';
import { createTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { ownDatabase, type TestDatabase } from '../support/database';
import { micros } from '../support/team';
import { failed } from './support';

const ROOT = join(import.meta.dirname, '../..');
const onDatabase = (url: string, name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;

/** The ids of the books, which each test corrupts in its own way. */
type Books = { teamId: string; memberId: string; goneId: string; charges: string[]; credit: string };

let template: TestDatabase & { drop: () => Promise<void> };
let books: Books;

/** Writes books with a row of every common kind: funding, credits, charges, a refund, a closing. */
async function write(services: Services): Promise<Books> {
  const owner = { name: 'Owner', email: 'owner@example.test', password: 'correct horse battery' };
  const rates = [{ country: null, prefix: '1', price: micros('0.50') }];
  const { teamId } = await createTeam(services, { name: 'Books', currency: 'USD', owner, rates });
  const ctx = makeContext(services, { type: 'operator', teamId, currency: 'USD', name: 'Operator', channel: 'cli' });
  await fundTeam(ctx, { amount: micros('100.00') });
  const membership = async () =>
    (await createMember(ctx, await createMemberInput.parseAsync({ credit: '10.00' }))).member.id;
  const [memberId, goneId] = [await membership(), await membership()];
  const { transfer } = await creditMember(ctx, { memberId, amount: micros('5.00') });
  const sent: string[] = [];
  for (let i = 0; i < 4; i += 1) {
    const message = await sendMessage(ctx, {
      onBehalfOf: memberId,
      message: { to: '+14155550100', from: 'Books', body: 'Hello' },
    });
    if ('id' in message) sent.push(message.id);
  }
  await reportMessages(ctx, [failed(sent[3]!)]);
  await deleteMember(ctx, goneId);
  const { rows } = await services.database.pool.query<{ id: string }>(
    `SELECT id FROM transfers WHERE kind = 'charge' ORDER BY id`,
  );
  return { teamId, memberId, goneId, charges: rows.map((row) => row.id), credit: transfer.id! };
}

beforeAll(async () => {
  template = await ownDatabase();
  const database = openDatabase(template.appUrl, { max: 2 });
  books = await write({ ...services(), database, demo: false });
  await database.pool.end();
});
afterAll(() => template.drop());

async function asSuper(database: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: onDatabase(inject('postgres').superUrl, database) });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

let copies = 0;

/** Copies the books, corrupts the copy as only a superuser can (no trigger, no foreign key), and works with it. */
async function broken<T>(statements: string, work: (appUrl: string) => Promise<T>): Promise<T> {
  copies += 1;
  const name = `${template.name}_${copies}`;
  await asSuper('postgres', (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template.name} STRATEGY wal_log`),
  );
  try {
    await asSuper(name, (client) => client.query(`SET session_replication_role = replica; ${statements}`));
    return await work(onDatabase(template.appUrl, name));
  } finally {
    await asSuper('postgres', (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
  }
}

async function prove(appUrl: string): Promise<LedgerProof> {
  const database = openDatabase(appUrl, { max: 1 });
  try {
    return await verifyLedger(database.db);
  } finally {
    await database.pool.end();
  }
}

type Break = { claim: string; how: string; sql: (b: Books) => string; row: (b: Books) => string };

const USAGE = '00000000-0000-7000-8000-000000000001';
const FUNDING = '00000000-0000-7000-8000-000000000002';

/** Corruptions, each with the row that must be named. */
const BREAKS: Break[] = [
  {
    claim: 'a transfer has two entries that mirror it',
    how: 'an entry is missing',
    sql: (b) => `DELETE FROM entries WHERE transfer_id = '${b.charges[1]}' AND leg = 1`,
    row: (b) => `transfer ${b.charges[1]}`,
  },
  {
    claim: 'a transfer has two entries that mirror it',
    how: 'both entries are missing of two transfers: the first is named',
    sql: (b) => `DELETE FROM entries WHERE transfer_id IN ('${b.charges[2]}', '${b.charges[1]}')`,
    row: (b) => `transfer ${b.charges[1]}: its entries are missing`,
  },
  {
    claim: 'a transfer has two entries that mirror it',
    how: 'both entries say another amount than the transfer',
    sql: (b) => `UPDATE entries SET amount = amount * 2 WHERE transfer_id = '${b.charges[0]}'`,
    row: (b) => `transfer ${b.charges[0]}`,
  },
  {
    claim: 'an entry has its transfer',
    how: 'a transfer was deleted',
    sql: (b) => `DELETE FROM transfers WHERE id = '${b.credit}'`,
    row: (b) => `entry ${b.credit} -1`,
  },
  {
    claim: 'the entries sum to zero',
    how: 'an entry was made larger',
    sql: (b) => `UPDATE entries SET amount = amount + 1 WHERE transfer_id = '${b.charges[0]}' AND leg = 1`,
    row: () => 'they sum to 1 micros',
  },
  {
    claim: 'a chain of balances runs without a gap',
    how: 'a number is left out',
    sql: (b) =>
      `UPDATE entries SET seq = seq + 1 WHERE account_id = '${b.memberId}' AND seq = (SELECT max(seq) FROM entries WHERE account_id = '${b.memberId}')`,
    row: (b) => `account ${b.memberId}, entry 8`,
  },
  {
    claim: 'a chain of balances runs without a gap',
    how: 'a balance in the middle was altered, in the transfer too',
    sql: (b) =>
      `UPDATE entries SET balance_after = balance_after + 1 WHERE transfer_id = '${b.charges[1]}' AND leg = -1;
       UPDATE transfers SET debit_after = debit_after + 1 WHERE id = '${b.charges[1]}'`,
    row: (b) => `account ${b.memberId}, entry 4 (transfer ${b.charges[1]})`,
  },
  {
    claim: 'a chain of balances runs without a gap',
    how: 'an entry says no balance',
    sql: (b) => `UPDATE entries SET balance_after = NULL WHERE transfer_id = '${b.charges[1]}' AND leg = -1`,
    row: (b) => `account ${b.memberId}, entry 4`,
  },
  {
    claim: 'a chain of balances runs without a gap',
    how: 'an account was below zero for a while, and all figures agree',
    sql: (b) =>
      `UPDATE entries SET seq = -1 WHERE account_id = '${b.memberId}' AND seq = 1;
       UPDATE entries SET seq = 1 WHERE account_id = '${b.memberId}' AND seq = 3;
       UPDATE entries SET seq = 3 WHERE account_id = '${b.memberId}' AND seq = -1;
       UPDATE entries e SET balance_after = (SELECT sum(x.amount) FROM entries x WHERE x.account_id = e.account_id AND x.seq <= e.seq)
         WHERE account_id = '${b.memberId}'`,
    row: (b) => `account ${b.memberId}, entry 1`,
  },
  {
    claim: 'a balance is the sum of its entries',
    how: 'a balance was raised',
    sql: (b) => `UPDATE ledger_accounts SET balance = balance + 1 WHERE id = '${b.memberId}'`,
    row: (b) => `member account ${b.memberId}`,
  },
  {
    claim: 'a balance is the sum of its entries',
    how: "the master's last entries were taken away and its balance left",
    sql: (b) => `UPDATE ledger_accounts SET version = version + 1 WHERE id = '${b.teamId}'`,
    row: (b) => `master account ${b.teamId}`,
  },
  {
    claim: 'a balance is the sum of its entries',
    how: 'an entry of a member has no number',
    sql: (b) =>
      `INSERT INTO entries SELECT team_id, gen_random_uuid(), leg, account_id, amount, NULL, NULL, created_at FROM entries
         WHERE account_id = '${b.memberId}' AND seq = 1`,
    row: (b) => `member account ${b.memberId}`,
  },
  {
    claim: 'an entry is of an account of its team',
    how: 'an account was deleted',
    sql: (b) => `DELETE FROM ledger_accounts WHERE id = '${b.goneId}'`,
    row: (b) => `no account ${b.goneId}`,
  },
  {
    claim: 'usage is charges less refunds',
    how: 'an entry of usage was given to another account',
    sql: (b) =>
      `UPDATE entries SET account_id = '${FUNDING}' WHERE transfer_id = '${b.charges[0]}' AND account_id = '${USAGE}'`,
    row: () => 'the usage account',
  },
  {
    claim: 'a closed account holds nothing',
    how: 'a closed account was given money',
    sql: (b) =>
      `ALTER TABLE ledger_accounts DROP CONSTRAINT ledger_accounts_closed; UPDATE ledger_accounts SET balance = 7 WHERE id = '${b.goneId}'`,
    row: (b) => `member account ${b.goneId}`,
  },
];

describe('ledger verify', () => {
  it('finds nothing wrong with books that the product has written', async () => {
    const proof = await prove(template.appUrl);
    expect(proof).toEqual({ ok: true, transfers: 10, accounts: 7, problems: [] });
  });

  it.each(BREAKS)('says $claim, with the row, when $how', async ({ claim, sql, row }) => {
    const { ok, problems } = await broken(sql(books), prove);
    expect(ok).toBe(false);
    const said = problems.filter((problem) => problem.startsWith(`${claim}: team ${books.teamId}, `));
    expect(said, problems.join('\n')).toHaveLength(1);
    expect(said[0]).toContain(row(books));
  });

  it('has a corruption for each of its claims', () => {
    const source = readFileSync(join(ROOT, 'server/domain/billing/ledger/read.ts'), 'utf8');
    const claims = new Set([...source.matchAll(/^ {2}'([^']+)': sql`/gm)].map((match) => match[1]));
    expect(claims.size).toBeGreaterThanOrEqual(8);
    expect(new Set(BREAKS.map(({ claim }) => claim))).toEqual(claims);
  });
});

type Ended = { code: number; stdout: string; stderr: string };

const purser = (databaseUrl: string, ...words: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: databaseUrl };
    execFile(
      process.execPath,
      [...argumentsFor('cli/main.ts'), ...words],
      { cwd: ROOT, env },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

describe('the command ledger verify --json', () => {
  it('exits with 0 and one JSON object when the books are right', async () => {
    const { code, stdout } = await purser(template.appUrl, 'ledger', 'verify', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { ok: true, transfers: 10, accounts: 7, problems: [] }]);
  });

  it('exits with 1 and names the rows when they are not', async () => {
    const { claim, sql, row } = BREAKS[0]!;
    const { code, stdout } = await broken(sql(books), (url) => purser(url, 'ledger', 'verify', '--json'));
    const said: LedgerProof = JSON.parse(stdout);
    expect([code, said.ok]).toEqual([1, false]);
    expect(said.problems.find((problem) => problem.startsWith(claim))).toContain(row(books));
  });

  it('exits with 1 and says so when no database answers', async () => {
    const { code, stdout, stderr } = await purser('postgres://nobody@127.0.0.1:1/none', 'ledger', 'verify', '--json');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Cannot reach the database');
  });
});
