import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendMessage } from '@/server/domain/messaging/messages/write';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../support/team';

/** SQLSTATEs: no permission, refused by the ledger, a CHECK, a foreign key, a unique index. */
const [DENIED, REFUSED, CHECKED, FOREIGN, TWICE] = ['42501', '23001', '23514', '23503', '23505'];

let team: TestTeam;
let other: TestTeam;
let member: TestMember;
let stranger: TestMember;
let messageId: string;

beforeAll(async () => {
  [team, other] = [await makeTeam({ fund: '100.00' }), await makeTeam({ fund: '100.00' })];
  [member, stranger] = [await addMember(team, { credit: '5.00' }), await addMember(other, { credit: '5.00' })];
  const sent = await sendMessage(team.operator, {
    onBehalfOf: member.id,
    message: { to: '+14155550100', from: 'Psql', body: 'Hello' },
  });
  messageId = 'id' in sent ? sent.id : '';
  // Sent with an API key, so that the member's name stands on the charge.
  await sendMessage(team.owner, { onBehalfOf: null, message: { to: '+14155550100', from: 'Psql', body: 'Hello' } });
});

const USAGE = '00000000-0000-7000-8000-000000000001';
const FUNDING = '00000000-0000-7000-8000-000000000002';
const by = `'{"actorType": "operator", "actorName": "By hand"}'`;

/** Reads every ledger row of both teams as text: nothing may change. */
async function books(): Promise<unknown> {
  const { rows } = await ownerPool().query(
    `SELECT 'account' AS kind, a::text AS row FROM ledger_accounts a WHERE team_id IN ($1, $2)
     UNION ALL SELECT 'transfer', t::text FROM transfers t WHERE team_id IN ($1, $2)
     UNION ALL SELECT 'entry', e::text FROM entries e WHERE team_id IN ($1, $2) ORDER BY 1, 2`,
    [team.teamId, other.teamId],
  );
  return rows;
}

/** Opens a psql-like client with one of the two roles. */
function useClient(variable: 'DATABASE_URL' | 'DATABASE_OWNER_URL'): () => Client {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: process.env[variable] });
    await client.connect();
  });
  afterEach(async () => void (await client.query('ROLLBACK; RESET ALL')));
  afterAll(() => client.end());
  return () => client;
}

async function stateOf(client: Client, statement: string): Promise<string> {
  return client.query(statement).then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'another fault'),
  );
}

const transfer = (amount: string, from: string, to: string, membership: string | null, kind = 'credit') =>
  `INSERT INTO transfers (team_id, id, kind, debit_account, credit_account, amount, debit_after, debit_seq, credit_after, credit_seq,
     member_id, actor_type, actor_name, created_at)
   VALUES ('${team.teamId}', gen_random_uuid(), '${kind}', '${from}', '${to}', ${amount}, 1, 1, 1, 1,
     ${membership === null ? 'NULL' : `'${membership}'`}, 'operator', 'By hand', now())`;

const entry = () =>
  `INSERT INTO entries (team_id, transfer_id, leg, account_id, amount, balance_after, seq, created_at)
   SELECT team_id, gen_random_uuid(), 1, '${member.id}', 1000000, 6000000, 9, now() FROM transfers WHERE team_id = '${team.teamId}' LIMIT 1`;

const accept = (...costs: string[]) => {
  const parts = { to: '+1', from: 'a', body: 'b', country: 'US', encoding: 'gsm7', segments: 1, price: '1' };
  const messages = costs.map((cost) => ({ ...parts, cost }));
  return `SELECT messages_accept('${team.teamId}', '${member.id}', '${JSON.stringify(messages)}', ${by}, NULL)`;
};

const ours = (table: string) => `${table} WHERE team_id = '${team.teamId}'`;

/** Changes of the ledger's tables that neither role may make. */
const FORBIDDEN: [string, () => string][] = [
  ['a transfer inserted by hand', () => transfer('1000000', team.teamId, member.id, member.id)],
  ['a transfer to another team’s member', () => transfer('1000000', team.teamId, stranger.id, stranger.id)],
  ['a single entry, which would not balance', entry],
  ['a changed transfer', () => `UPDATE transfers SET amount = amount + 1 WHERE team_id = '${team.teamId}'`],
  ['a changed entry', () => `UPDATE entries SET amount = amount * 2 WHERE team_id = '${team.teamId}'`],
  [
    'an entry moved to another team',
    () => `UPDATE entries SET team_id = '${other.teamId}' WHERE team_id = '${team.teamId}'`,
  ],
  ['a deleted transfer', () => `DELETE FROM ${ours('transfers')}`],
  ['a deleted entry', () => `DELETE FROM ${ours('entries')}`],
  [
    'an updated balance',
    () => `UPDATE ledger_accounts SET balance = balance + 1000000 WHERE team_id = '${team.teamId}' AND kind = 'member'`,
  ],
  [
    'an account closed by an UPDATE',
    () => `UPDATE ledger_accounts SET closed_at = now() WHERE team_id = '${team.teamId}'`,
  ],
  [
    'an updated reserve',
    () => `UPDATE ledger_accounts SET reserve = 1 WHERE team_id = '${team.teamId}' AND kind = 'master'`,
  ],
  [
    'an updated alert threshold',
    () => `UPDATE ledger_accounts SET alert_below = 1 WHERE team_id = '${team.teamId}' AND kind = 'member'`,
  ],
  ['a cleared low-balance mark', () => `UPDATE ledger_accounts SET low_since = NULL WHERE team_id = '${team.teamId}'`],
  [
    'a new account with a balance',
    () =>
      `INSERT INTO ledger_accounts (team_id, id, kind, balance) VALUES ('${team.teamId}', gen_random_uuid(), 'member', 5)`,
  ],
  [
    'a new account with a version above 0',
    () =>
      `INSERT INTO ledger_accounts (team_id, id, kind, balance, version) VALUES ('${team.teamId}', gen_random_uuid(), 'member', 0, 5)`,
  ],
  ['a deleted account', () => `DELETE FROM ${ours('ledger_accounts')}`],
  ['truncated transfers', () => 'TRUNCATE transfers CASCADE'],
  ['truncated entries', () => 'TRUNCATE entries'],
  ['truncated accounts', () => 'TRUNCATE ledger_accounts CASCADE'],
  ['truncated teams with everything that references them', () => 'TRUNCATE teams CASCADE'],
  [
    'an entry changed by ON CONFLICT',
    () =>
      `INSERT INTO entries SELECT * FROM ${ours('entries')} ON CONFLICT (team_id, transfer_id, leg) DO UPDATE SET amount = 7`,
  ],
  [
    'a MERGE that deletes entries',
    () => `MERGE INTO entries e USING (SELECT 1) x ON e.team_id = '${team.teamId}' WHEN MATCHED THEN DELETE`,
  ],
];

let before: unknown;
beforeEach(async () => {
  before = await books();
});
afterEach(async () => {
  expect(await books()).toEqual(before);
});

describe("with the application's role in psql", () => {
  const app = useClient('DATABASE_URL');

  it.each(FORBIDDEN)('the database refuses %s', async (_what, statement) => {
    expect(await stateOf(app(), statement())).toBe(DENIED);
  });

  it.each(FORBIDDEN)(
    'the database refuses %s, also with the search path that marks the posting functions',
    async (_what, statement) => {
      await app().query('SET search_path = public, purser_posting');
      expect(await stateOf(app(), statement())).toBe(DENIED);
    },
  );

  it.each<[string, () => string]>([
    ['disabled triggers', () => 'ALTER TABLE transfers DISABLE TRIGGER ALL'],
    ['bypassed triggers', () => 'SET session_replication_role = replica'],
    ['a dropped trigger', () => 'DROP TRIGGER entries_kept ON entries'],
    [
      'a replaced posting function',
      () => 'CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$',
    ],
    ['a new posting function', () => 'CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS $$SELECT 1$$'],
    ['a dropped table', () => 'DROP TABLE entries'],
    ['a reduced cost of a message', () => `UPDATE messages SET cost = 0 WHERE team_id = '${team.teamId}'`],
    ['a message deleted from the log', () => `DELETE FROM ${ours('messages')}`],
    ['a message changed through its partition', () => 'UPDATE messages_default SET cost = 0'],
    ['a changed audit event', () => `UPDATE audit_events SET action = 'none' WHERE team_id = '${team.teamId}'`],
    ['a deleted audit event', () => `DELETE FROM ${ours('audit_events')}`],
    [
      'a changed name on a transfer',
      () => `UPDATE transfers SET actor_name = 'Erased person' WHERE team_id = '${team.teamId}'`,
    ],
    ['a removed text of a message', () => `UPDATE messages SET body = '' WHERE team_id = '${team.teamId}'`],
    ['a dropped stored answer', () => `UPDATE idempotency_keys SET answer = NULL WHERE team_id = '${team.teamId}'`],
    ['a deleted Idempotency-Key', () => `DELETE FROM ${ours('idempotency_keys')}`],
    ['deleted totals of a cap', () => `DELETE FROM ${ours('recharge_totals')}`],
    ['a job deleted from the outbox', () => `DELETE FROM ${ours('outbox')}`],
    ['a new partition', () => `SELECT messages_partition('2031-01-01')`],
  ])('the database refuses %s', async (_what, statement) => {
    expect(await stateOf(app(), statement())).toBe(DENIED);
  });

  it.each<[string, () => string, string]>([
    [
      "to another team's member",
      () => `('${team.teamId}', 'credit', '${stranger.id}', 1000000, ${by}, NULL)`,
      'missing',
    ],
    [
      "from another team's member",
      () => `('${team.teamId}', 'debit', '${stranger.id}', 1000000, ${by}, NULL)`,
      'missing',
    ],
    [
      'to the master as if it were a member',
      () => `('${team.teamId}', 'credit', '${team.teamId}', 1000000, ${by}, NULL)`,
      'missing',
    ],
    [
      'to the usage account as if it were a member',
      () => `('${team.teamId}', 'credit', '${USAGE}', 1000000, ${by}, NULL)`,
      'missing',
    ],
    [
      'that overdraws a member',
      () => `('${team.teamId}', 'debit', '${member.id}', 5000001, ${by}, NULL)`,
      'short_member',
    ],
    [
      'that overdraws the master',
      () => `('${team.teamId}', 'credit', '${member.id}', 100000001, ${by}, NULL)`,
      'short_master',
    ],
    [
      'of a withdrawal above the master balance',
      () => `('${team.teamId}', 'withdrawal', NULL, 100000001, ${by}, NULL)`,
      'short_master',
    ],
  ])('ledger_post moves nothing %s', async (_what, call, outcome) => {
    const { rows } = await app().query<{ outcome: string }>(`SELECT outcome FROM ledger_post${call()}`);
    expect(rows[0]!.outcome).toBe(outcome);
  });

  it.each<[string, () => string, string]>([
    [
      'a negative debit',
      () => `SELECT ledger_post('${team.teamId}', 'debit', '${member.id}', -1000000, ${by}, NULL)`,
      CHECKED,
    ],
    [
      'a negative credit',
      () => `SELECT ledger_post('${team.teamId}', 'credit', '${member.id}', -1000000, ${by}, NULL)`,
      CHECKED,
    ],
    [
      'a negative funding',
      () => `SELECT ledger_post('${team.teamId}', 'funding', NULL, -1000000, ${by}, NULL)`,
      CHECKED,
    ],
    [
      'a funding of a member',
      () => `SELECT ledger_post('${team.teamId}', 'funding', '${member.id}', 1000000, ${by}, NULL)`,
      CHECKED,
    ],
    [
      'a charge without a message',
      () => `SELECT ledger_post('${team.teamId}', 'charge', '${member.id}', 1000000, ${by}, NULL)`,
      '22023',
    ],
    [
      'a balance above the largest number',
      () => `SELECT ledger_post('${team.teamId}', 'funding', NULL, 9223372036854775807, ${by}, NULL)`,
      '22003',
    ],
    ['an alert on an account without a balance', () => `SELECT alerts_set('${team.teamId}', 'usage', 1)`, '22023'],
    ['a message with a negative cost', () => accept('-1000000'), CHECKED],
    ['a batch in which one message pays for another', () => accept('1000000', '-1000000'), CHECKED],
  ])('the posting functions refuse %s', async (_what, statement, state) => {
    expect(await stateOf(app(), statement())).toBe(state);
  });

  it.each<[string, () => string]>([
    [
      'the name on its transfers',
      () => `SELECT person_erase_transfers('${team.teamId}', '${member.id}', 'infinity', NULL, 100)`,
    ],
    [
      'the texts of its messages',
      () => `SELECT person_erase_texts('${team.teamId}', '${member.id}', 'infinity', NULL, 100)`,
    ],
  ])('erasing a member refuses %s when the log has no erasure', async (_what, statement) => {
    expect(await stateOf(app(), statement())).toBe(REFUSED);
  });

  it('keeps the texts of a team that has no retention of texts', async () => {
    const { rows } = await app().query<{ removed: number }>(
      `SELECT removed FROM messages_remove_texts('${team.teamId}', NULL, 100)`,
    );
    expect(rows).toEqual([{ removed: 0 }]);
  });

  it('refuses a second refund of one message', async () => {
    const refund = `SELECT ledger_post('${team.teamId}', 'refund', '${member.id}', 10000,
      '{"actorType": "operator", "actorName": "By hand", "messageId": "${messageId}", "payer": "member"}', NULL)`;
    await app().query(`BEGIN; ${refund}`);
    expect(await stateOf(app(), refund)).toBe(TWICE);
  });

  it('posts into the real tables, whatever temporary tables shadow them', async () => {
    await app().query(`BEGIN; CREATE TEMP TABLE ledger_accounts (LIKE public.ledger_accounts) ON COMMIT DROP;
      CREATE TEMP TABLE transfers (LIKE public.transfers) ON COMMIT DROP;
      INSERT INTO pg_temp.ledger_accounts SELECT team_id, id, kind, balance + 1000000000, version, reserve, closed_at, created_at
        FROM public.ledger_accounts WHERE team_id = '${team.teamId}' AND balance IS NOT NULL`);
    const { rows } = await app().query<{ outcome: string }>(
      `SELECT outcome FROM ledger_post('${team.teamId}', 'debit', '${member.id}', 100000000, ${by}, NULL)`,
    );
    expect(rows[0]!.outcome).toBe('short_member');
  });
});

describe('with the tables’ owner in psql', () => {
  const owner = useClient('DATABASE_OWNER_URL');

  it.each(FORBIDDEN)('the triggers refuse %s', async (_what, statement) => {
    expect(await stateOf(owner(), statement())).toBe(REFUSED);
  });

  it.each([
    ['a changed amount', "actor_name = 'Erased person', amount = amount + 1"],
    ['a changed note', "actor_name = 'Erased person', note = 'other'"],
    ['another name', "actor_name = 'Somebody else'"],
    ['another actor', "actor_name = 'Erased person', actor_id = NULL, actor_type = 'operator'"],
  ])('the triggers refuse %s even with the search path that marks an erasure', async (_what, change) => {
    await owner().query('SET search_path = public, purser_erasing');
    expect(
      await stateOf(owner(), `UPDATE transfers SET ${change} WHERE team_id = '${team.teamId}' AND actor_type = 'key'`),
    ).toBe(REFUSED);
    expect(await stateOf(owner(), `DELETE FROM transfers WHERE team_id = '${team.teamId}'`)).toBe(REFUSED);
  });

  it('refuses to bypass the triggers, which needs a superuser', async () => {
    expect(await stateOf(owner(), 'SET session_replication_role = replica')).toBe(DENIED);
  });

  it.each<[string, () => string, string]>([
    [
      'an overdrawn member',
      () => `UPDATE ledger_accounts SET balance = -1 WHERE team_id = '${team.teamId}' AND kind = 'member'`,
      CHECKED,
    ],
    [
      'an overdrawn master balance',
      () => `UPDATE ledger_accounts SET balance = -1 WHERE team_id = '${team.teamId}' AND kind = 'master'`,
      CHECKED,
    ],
    [
      'a closed account that holds money',
      () => `UPDATE ledger_accounts SET closed_at = now() WHERE team_id = '${team.teamId}' AND kind = 'member'`,
      CHECKED,
    ],
    [
      'a running balance for funding',
      () => `UPDATE ledger_accounts SET balance = 0 WHERE team_id = '${team.teamId}' AND kind = 'funding'`,
      CHECKED,
    ],
    ['a transfer of 0', () => transfer('0', team.teamId, member.id, member.id), CHECKED],
    ['a transfer from an account to itself', () => transfer('1', team.teamId, team.teamId, null), CHECKED],
    ['a credit that comes from outside', () => transfer('1', FUNDING, member.id, member.id), CHECKED],
    [
      'a credit that names another member than the one it pays',
      () => transfer('1', team.teamId, stranger.id, member.id),
      CHECKED,
    ],
    ["a credit to another team's member", () => transfer('1', team.teamId, stranger.id, stranger.id), FOREIGN],
    ['an unknown kind', () => transfer('1', team.teamId, member.id, member.id, 'gift'), CHECKED],
  ])(
    'the constraints refuse %s even with the search path that marks the posting functions',
    async (_what, statement, state) => {
      await owner().query('SET search_path = public, purser_posting');
      expect(await stateOf(owner(), statement())).toBe(state);
    },
  );
});
