import { sql } from 'drizzle-orm';
import { transferActor } from '@/server/domain/core/actor';
import type { Attempt } from '@/db/schema/messages';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { fail, Refusal } from '@/server/domain/core/errors';
import { RULE_ACTOR, touchMoney, wakeWaiting } from '@/server/domain/billing/ledger/write';
import { printAmount, type Micros } from '@/server/domain/core/money';
import { mayOperate } from '@/server/domain/core/policy';
import { rateCard } from '@/server/domain/billing/rates/read';
import { ruleOf } from '@/server/domain/billing/auto-recharge/read';
import {
  amountToPost,
  decideRecharge,
  settleRecharge,
  type RechargeState,
} from '@/server/domain/billing/auto-recharge/rules';
import { masterAnswer, recordRecharge } from '@/server/domain/billing/auto-recharge/write';
import { priceAll, sendingMember } from './read';
import type { AcceptedBatch, Message, NewMessage } from './schema';
import type { PricedMessage } from '../pricing/rules';
import { carriersFor } from '../routing/rules';
import { recordAudit, runCommand, publishChange, inTransaction } from '@/server/domain/core/transaction';

/** The answer of the SQL function `messages_accept`; bigints as text. */
type Said =
  | { result: 'missing' | 'inactive' | 'deleted' }
  | { result: 'decide'; balance: string; total: string; rule: RechargeState }
  | { result: 'short_master'; balance: string; total: string }
  | { result: 'short_member'; balance: string; total: string; recharge: RechargeSaid | null }
  | { result: 'accepted'; at: string; ids: [string, string | null][]; balance: string; recharge: RechargeSaid | null };

type RechargeSaid = { outcome: string; id: string | null };

/**
 * Accepts messages: all are charged and queued, or none is. The rule sees them as one charge and recharges first when
 * that charge would take the balance below its threshold.
 * @returns the messages, or the refusal `insufficient_funds`, which is recorded in the recharge history
 */
export async function sendMessages(
  ctx: Context,
  input: { onBehalfOf: string | null; messages: NewMessage[]; many: boolean },
): Promise<AcceptedBatch | Refusal> {
  return runCommand(ctx, 'messages.send', async (tx) => {
    const memberId = sendingMember(tx, input.onBehalfOf);
    const { ratesVersion, defaultSender } = tx.tx.team;
    const findRate = await rateCard(tx, ratesVersion);
    const { rows, cost } = priceAll(input.messages, { findRate, defaultSender }, input.many);
    const first = await accept(tx, memberId, rows, null);
    const said = first.result === 'decide' ? await acceptWithRecharge(tx, memberId, rows, first) : first;
    switch (said.result) {
      case 'accepted':
        publishChange(tx, 'messages', [memberId]);
        touchMoney(tx, memberId);
        if (input.many) auditBatch(tx, memberId, rows.length, cost);
        return { data: printAccepted(tx, memberId, rows, said), cost, balance: BigInt(said.balance) };
      case 'short_master':
      case 'short_member':
        return short(said, cost);
      case 'inactive':
        return fail('member_inactive');
      case 'deleted':
        // The request began before its own member was deleted, so it gets the answer that the next request would get.
        return fail(tx.actor.type === 'member' && tx.actor.memberId === memberId ? 'invalid_key' : 'member_deleted');
      case 'missing':
      case 'decide':
        return fail('not_found');
    }
  });
}

// Writes one audit row per batch: the log records each message, the ledger its charge.
const auditBatch = (tx: TxContext, memberId: string, messages: number, cost: Micros): void =>
  recordAudit(tx, {
    action: 'messages.batch_sent',
    targetType: 'member',
    targetId: memberId,
    after: { messages, cost: printAmount(cost) },
  });

async function accept(tx: TxContext, memberId: string, rows: PricedMessage[], recharge: Micros | null): Promise<Said> {
  const listed = JSON.stringify(
    rows.map((row) => ({
      ...row,
      price: row.price.toString(),
      cost: row.cost.toString(),
      carrier: carriersFor(row, tx.routes)[0],
    })),
  );
  const by = JSON.stringify({ ...transferActor(tx.actor), key: tx.tx.key });
  const rule = JSON.stringify({ ...RULE_ACTOR, key: tx.tx.key });
  const { rows: answer } = await tx.db.execute<{ said: Said }>(
    sql`SELECT messages_accept(${tx.actor.teamId}::uuid, ${memberId}::uuid, ${listed}::jsonb, ${by}::jsonb, ${tx.at}::timestamptz,
      ${recharge}::bigint, ${rule}::jsonb) AS said`,
  );
  return answer[0]!.said;
}

/**
 * Decides on a recharge, then recharges and charges in one call. Runs rarely, with the member locked since the first
 * call.
 */
async function acceptWithRecharge(
  tx: TxContext,
  memberId: string,
  rows: PricedMessage[],
  state: Extract<Said, { result: 'decide' }>,
): Promise<Said> {
  const rule = ruleOf(state.rule);
  const balance = BigInt(state.balance);
  const charge = BigInt(state.total);
  const spentInPeriod = BigInt(state.rule.spentInPeriod);
  const decision = decideRecharge({ balance, charge, rule, spentInPeriod, member: 'active' });
  const wish = amountToPost(decision, balance, charge);
  const said = await accept(tx, memberId, rows, wish);
  if (said.result !== 'accepted' && said.result !== 'short_member') return said;
  const master = said.recharge ? masterAnswer(said.recharge.outcome) : null;
  const settled = settleRecharge({ decision, master, balance, charge, threshold: rule.threshold });
  const need = decision.kind === 'none' ? 0n : decision.need;
  const transferId = said.recharge?.id ?? null;
  const { waitingSince } = state.rule;
  const begins = await recordRecharge(tx, memberId, { settled, balance, charge, need, transferId, waitingSince });
  // The refused need includes this charge. Without it the rule needs less, which may be available now.
  if (begins && !settled.charged) wakeWaiting(tx);
  return said;
}

function short(said: { result: 'short_master' | 'short_member'; balance: string }, cost: Micros): Refusal {
  const balance = said.result === 'short_master' ? 'master' : 'member';
  const available = printAmount(BigInt(said.balance));
  const required = printAmount(cost);
  const whose = balance === 'master' ? 'The master balance' : "The member's balance";
  const detail = `${whose} is ${available}, but ${required} is needed. No money moved and nothing was sent.`;
  return new Refusal('insufficient_funds', { balance, required, available, detail });
}

function printAccepted(
  tx: TxContext,
  memberId: string,
  rows: PricedMessage[],
  said: Extract<Said, { result: 'accepted' }>,
): Message[] {
  const createdAt = new Date(said.at);
  return rows.map((row, i) => ({
    ...row,
    id: said.ids[i]![0],
    memberId,
    currency: tx.actor.currency,
    status: 'queued',
    error: null,
    createdAt,
    sendAt: null,
    sentAt: null,
    deliveredAt: null,
    failedAt: null,
  }));
}

/** A carrier's report on a message. */
export type Report = {
  id: string;
  status: 'sent' | 'delivered' | 'failed';
  code?: string | null;
  detail?: string | null;
  carrier?: string;
  ref?: string;
  /** The attempt that ends with this report. */
  attempt?: Attempt;
};

/**
 * Stores delivery reports in one call. A final status stays final; a failed message is refunded in full, once.
 * @returns the ids of messages that changed
 */
export async function reportMessages(ctx: Context, reports: Report[]): Promise<string[]> {
  mayOperate(ctx.actor);
  if (reports.length === 0) return [];
  return inTransaction(ctx, null, (tx) => storeReports(tx, reports));
}

/** Stores reports like `reportMessages`, in the transaction in progress. */
export async function storeReports(tx: TxContext, reports: Report[]): Promise<string[]> {
  if (reports.length === 0) return [];
  const by = JSON.stringify(transferActor(tx.actor));
  const { rows } = await tx.db.execute<Reported>(
    sql`SELECT changed, seats AS members, refunded, waiting FROM messages_report(${tx.actor.teamId}::uuid, ${JSON.stringify(reports)}::jsonb, ${by}::jsonb, ${tx.at}::timestamptz)`,
  );
  const { changed, members, refunded, waiting } = rows[0]!;
  if (waiting) wakeWaiting(tx);
  if (members) publishChange(tx, 'messages', members);
  for (const memberId of refunded ?? []) touchMoney(tx, memberId);
  return changed ?? [];
}

/** The messages that changed, their members, and the refunded ones. */
type Reported = { changed: string[] | null; members: string[] | null; refunded: string[] | null; waiting: boolean };

/** Sends a batch like `sendMessages`. */
export const sendBatch = (
  ctx: Context,
  input: { onBehalfOf: string | null; messages: NewMessage[] },
): Promise<AcceptedBatch | Refusal> => sendMessages(ctx, { ...input, many: true });

/** Sends one message like `sendMessages`. */
export async function sendMessage(
  ctx: Context,
  input: { onBehalfOf: string | null; message: NewMessage },
): Promise<Message | Refusal> {
  const accepted = await sendMessages(ctx, { onBehalfOf: input.onBehalfOf, messages: [input.message], many: false });
  return accepted instanceof Refusal ? accepted : accepted.data[0]!;
}

const TEXTS_AT_ONCE = 5_000;

/**
 * Removes texts older than the team's retention period, in batches; messages under way keep theirs until they are
 * final.
 * @returns the number of texts removed
 */
export async function removeOldTexts(ctx: Context): Promise<number> {
  mayOperate(ctx.actor);
  let removed = 0;
  for (let from: string | null = null; ;) {
    const { rows }: { rows: { reached: string | null; removed: number }[] } = await ctx.db.execute(
      sql`SELECT reached, removed FROM messages_remove_texts(${ctx.actor.teamId}::uuid, ${from}::uuid, ${TEXTS_AT_ONCE}::int)`,
    );
    removed += rows[0]!.removed;
    from = rows[0]!.reached;
    if (from === null) return removed;
  }
}
