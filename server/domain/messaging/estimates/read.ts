import { and, eq, sql } from 'drizzle-orm';
import { ledgerAccounts } from '@/db/schema/ledger';
import { members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import type { Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { priceAll, sendingMember } from '../messages/read';
import { rateCard } from '@/server/domain/billing/rates/read';
import { ruleOf } from '@/server/domain/billing/auto-recharge/read';
import {
  amountToPost,
  decideRecharge,
  settleRecharge,
  type MasterAnswer,
  type RechargeState,
} from '@/server/domain/billing/auto-recharge/rules';
import type { Estimate, EstimateMessages, MessagesPreview, PreviewMessages } from './schema';
import { priceMessage } from '../pricing/rules';
import { countSegments } from '../segments/rules';

/**
 * Returns the cost of a send and whether the balance covers it, auto-recharge included. Reads without a lock and
 * changes nothing; other refusals are the same as for a send.
 */
export async function estimateMessages(
  ctx: Context,
  { onBehalfOf, wanted }: { onBehalfOf: string | null; wanted: EstimateMessages },
): Promise<Estimate> {
  const many = 'messages' in wanted;
  const state = await readyToSend(ctx, sendingMember(ctx, onBehalfOf));
  const findRate = await rateCard(ctx, state.ratesVersion);
  const team = { findRate, defaultSender: state.defaultSender };
  const { cost, segments } = priceAll(many ? wanted.messages : [wanted], team, many);
  const { charged, balanceAfter } = afterCharge(state, cost);
  return { segments, cost, covered: charged, balanceAfter: charged ? balanceAfter : null };
}

/**
 * Returns the preview of one text to many recipients: its segments, and for each recipient the price or an error.
 * Invalid recipients are not in the cost. Reads without a lock and changes nothing.
 */
export async function previewMessages(
  ctx: Context,
  { onBehalfOf, from, body, to }: PreviewMessages,
): Promise<MessagesPreview> {
  const state = await readyToSend(ctx, sendingMember(ctx, onBehalfOf));
  const findRate = await rateCard(ctx, state.ratesVersion);
  const sender = from ?? state.defaultSender;
  // A missing sender is reported once, not as an error of each recipient.
  const priced = to.map((number) => {
    const found = priceMessage({ to: number, from: sender ?? '0', body }, findRate, null);
    return 'cost' in found
      ? { to: found.to, country: found.country, price: found.price, cost: found.cost, error: null }
      : { to: number, country: null, price: null, cost: null, error: { code: found.code, detail: found.detail } };
  });
  // Rows are deduplicated by parsed number, because spellings differ: +44 (0)20 is +4420.
  const rows = [...new Map(priced.map((row) => [row.to, row])).values()];
  const cost = rows.reduce((sum, row) => sum + (row.cost ?? 0n), 0n);
  const { charged, balanceAfter } = afterCharge(state, cost);
  const isOwner = state.role === 'owner';
  return {
    ...countSegments(body),
    sender,
    rows,
    repeated: to.length - rows.length,
    cost,
    payer: isOwner ? 'master' : 'member',
    balance: isOwner ? state.master : state.balance,
    covered: charged,
    balanceAfter: charged ? balanceAfter : null,
  };
}

async function readyToSend(ctx: Context, memberId: string): Promise<MoneyNow> {
  const state = await readMoney(ctx, memberId);
  if (state.teamStatus !== 'active') fail('team_suspended');
  if (state.status === 'deleted') fail('member_deleted');
  if (state.status !== 'active') fail('member_inactive');
  return state;
}

const afterCharge = (state: MoneyNow, cost: bigint) =>
  state.role === 'owner' ? plainCharge(state.master, cost) : foresee(state, cost);

const plainCharge = (balance: bigint, charge: bigint) => ({
  charged: balance >= charge,
  balanceAfter: balance - charge,
});

type MoneyNow = Awaited<ReturnType<typeof readMoney>>;

function foresee(state: MoneyNow, charge: bigint): { charged: boolean; balanceAfter: bigint } {
  const { balance, rule } = state;
  if (!rule) return plainCharge(balance, charge);
  const terms = ruleOf(rule);
  const decision = decideRecharge({
    balance,
    charge,
    rule: terms,
    spentInPeriod: BigInt(rule.spentInPeriod),
    member: 'active',
  });
  const wish = amountToPost(decision, balance, charge);
  const left = state.master - wish;
  const master: MasterAnswer =
    wish === 0n ? null : left < 0n ? 'master_short' : left < state.reserve ? 'reserve' : 'paid';
  return settleRecharge({ decision, master, balance, charge, threshold: terms.threshold });
}

async function readMoney(ctx: Context, memberId: string) {
  const { teamId } = ctx.actor;
  const account = (id: string) =>
    sql<string>`(SELECT a.balance FROM ledger_accounts a WHERE a.team_id = ${teamId}::uuid AND a.id = ${id}::uuid)`;
  const [row] = await ctx.db
    .select({
      role: members.role,
      status: members.status,
      teamStatus: teams.status,
      ratesVersion: teams.ratesVersion,
      defaultSender: teams.defaultSender,
      balance: account(memberId),
      master: ledgerAccounts.balance,
      reserve: ledgerAccounts.reserve,
      rule: sql<RechargeState | null>`recharge_state(${teamId}::uuid, ${memberId}::uuid, now())`,
    })
    .from(members)
    .innerJoin(teams, eq(teams.id, teamId))
    .innerJoin(ledgerAccounts, and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, teamId)))
    .where(and(eq(members.teamId, teamId), eq(members.id, memberId)));
  if (!row) fail('not_found');
  return { ...row, balance: BigInt(row.balance), master: row.master ?? 0n };
}
