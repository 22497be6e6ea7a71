import { describe, expect, it } from 'vitest';
import { transfers } from '@/db/schema/ledger';
import { ERRORS } from '@/server/domain/core/errors';
import { reversalKindOf, TRANSFER_KIND_NAMES, TRANSFER_KINDS } from '@/server/domain/billing/ledger/rules';
import { ownerPool } from '../../support/team';

/** Ids of the accounts of one team; the database's CHECK names usage and funding by these ids. */
const ACCOUNTS = {
  master: '00000000-0000-7000-8000-00000000aaaa',
  member: '00000000-0000-7000-8000-00000000bbbb',
  usage: '00000000-0000-7000-8000-000000000001',
  funding: '00000000-0000-7000-8000-000000000002',
} as const;
type Account = keyof typeof ACCOUNTS;
const NAMES = Object.keys(ACCOUNTS) as Account[];

/** Reads the expression of a constraint on transfers. */
async function readConstraint(name: 'transfers_sides' | 'transfers_reversal'): Promise<string> {
  const { rows } = await ownerPool().query<{ expression: string }>(
    'SELECT pg_get_expr(conbin, conrelid) AS expression FROM pg_constraint WHERE conname = $1',
    [name],
  );
  return rows[0]!.expression;
}

/** Returns the kinds that the expression of a constraint names. */
const kindsIn = (expression: string): Set<string> =>
  new Set(Array.from(expression.matchAll(/'([a-z_]+)'::text/g), ([, kind]) => kind!));

const REVERSIBLE = TRANSFER_KIND_NAMES.filter((kind) => TRANSFER_KINDS[kind].isReversible);

/** Returns the pairs of accounts between which the constraint lets a kind move money: `master>member`. */
async function acceptedSides(expression: string, kind: string): Promise<string[]> {
  const pairs = NAMES.flatMap((from) => NAMES.map((to) => ({ from, to, debit: ACCOUNTS[from], credit: ACCOUNTS[to] })));
  const { rows } = await ownerPool().query<{ from: Account; to: Account }>(
    `SELECT DISTINCT p.from, p.to FROM jsonb_to_recordset($1) AS p("from" text, "to" text, debit uuid, credit uuid)
       CROSS JOIN LATERAL (VALUES (NULL::uuid), ($2::uuid)) AS m(id)
       CROSS JOIN LATERAL (SELECT $3::text AS kind, $4::uuid AS team_id, m.id AS member_id, p.debit AS debit_account,
         p.credit AS credit_account) AS transfers
     WHERE p.from <> p.to AND (${expression})`,
    [JSON.stringify(pairs), ACCOUNTS.member, kind, ACCOUNTS.master],
  );
  return rows.map(({ from, to }) => `${from}>${to}`).toSorted();
}

describe('the table of transfer kinds', () => {
  it('names the kinds that the database accepts', async () => {
    expect(kindsIn(await readConstraint('transfers_sides'))).toEqual(new Set<string>(TRANSFER_KIND_NAMES));
    expect(new Set<string>(transfers.kind.enumValues)).toEqual(new Set<string>(TRANSFER_KIND_NAMES));
  });

  it.each(TRANSFER_KIND_NAMES)('says between which accounts the database lets a %s move money', async (kind) => {
    const { from, to } = TRANSFER_KINDS[kind];
    const payers = (side: string) => (side === 'payer' ? ['master', 'member'] : [side]);
    const expected = payers(from).flatMap((debit) => payers(to).map((credit) => `${debit}>${credit}`));
    expect(await acceptedSides(await readConstraint('transfers_sides'), kind)).toEqual(expected.toSorted());
  });

  it('gives reversals the kinds that the database accepts for them', async () => {
    expect(kindsIn(await readConstraint('transfers_reversal'))).toEqual(new Set(REVERSIBLE.map(reversalKindOf)));
  });

  it('agrees with the error that says which kinds can be reversed', () => {
    const names = REVERSIBLE.map((kind) => `${TRANSFER_KINDS[kind].label.toLowerCase()}s`);
    expect(ERRORS.not_reversible.advice).toContain(`Only ${names.slice(0, -1).join(', ')} and ${names.at(-1)} can be`);
  });
});
