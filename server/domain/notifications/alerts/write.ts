import { and, desc, eq, inArray, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import { ledgerAccounts, transfers } from '@/db/schema/ledger';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { rechargeRules } from '@/db/schema/recharge';
import { users } from '@/db/schema/users';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { recipient } from '../emails/read';
import { queueMail, queueMails, type NewMail, type Recipient } from '../emails/write';
import type { Micros } from '@/server/domain/core/money';
import { recordUserAudit, inUserTransaction, type UserContext } from '@/server/domain/core/user-context';
import { mayOperate } from '@/server/domain/core/policy';
import { listOwnAlerts } from './read';
import { ALERT_MAILS, ALERTS_AN_HOUR, type Alert, type AlertJob, type AlertMail } from './rules';
import type { OwnAlerts, SetAlerts } from './schema';
import { enqueue, inTransaction } from '@/server/domain/core/transaction';

/** Sets below what the master balance is low; null: never. The crossing is told by the ledger itself. */
export async function setMasterAlert(tx: TxContext, below: Micros | null): Promise<void> {
  await tx.db.execute(sql`SELECT alerts_set(${tx.actor.teamId}::uuid, 'master', ${below}::bigint)`);
}

/**
 * Sets below what every member's balance is low; null: never. Locks members, so it comes before any lock of the master and
 * before the team's own row. A seat that is being made meanwhile is put right by the job.
 */
export async function setMemberAlert(tx: TxContext, below: Micros | null): Promise<void> {
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT alerts_set(${teamId}::uuid, 'member', ${below}::bigint)`);
  enqueue(tx, 'alert', { teamId, members: true });
}

/**
 * Tells by mail what has come about, to who wants to know it: the team's owners, and a member of its own seat. It looks how
 * things stand now: what is over is not told. Repeated, it tells nothing twice.
 */
export async function tellAlert(ctx: Context, job: AlertJob): Promise<void> {
  mayOperate(ctx.actor);
  await inTransaction(ctx, null, async (tx) => {
    if ('members' in job) await alignMembers(tx);
    else if (tx.tx.team.status !== 'active') return;
    else if ('accountId' in job) await tellLow(tx, job.accountId);
    else if ('mailId' in job) await tellLost(tx, job.mailId);
    else if (job.transferId === null) await tellWaiting(tx, job);
    else await tellServed(tx, { ...job, transferId: job.transferId });
  });
}

async function alignMembers(tx: TxContext): Promise<void> {
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT alerts_set(id, 'member', member_low_balance) FROM teams WHERE id = ${teamId}::uuid`);
}

async function tellLow(tx: TxContext, accountId: string): Promise<void> {
  const { teamId } = tx.actor;
  const a = ledgerAccounts;
  const [account] = await tx.db
    .select({ kind: a.kind, balance: a.balance, below: a.alertBelow, since: sql<string | null>`${a.lowSince}::text` })
    .from(a)
    .where(and(eq(a.teamId, teamId), eq(a.id, accountId)));
  if (!account?.since) return;
  const isMaster = account.kind === 'master';
  const member = isMaster ? null : await sendingMember(tx, accountId);
  if (!isMaster && (!member || (await isServed(tx, accountId)))) return;
  const listeners = await listListeners(tx, isMaster ? 'team-balance' : 'member-balance', member);
  const facts = { balance: String(account.balance), below: String(account.below), master: isMaster || null };
  const once = `low:${accountId}:${new Date(account.since).getTime()}`;
  const by = await actorAt(tx, accountId, account.since);
  await queueAlerts(tx, { kind: 'low-balance', about: accountId, facts, once }, without(listeners, by));
}

/** Returns whether a rule serves a balance: it is on, and does not wait. A low balance is then no news. */
async function isServed(tx: TxContext, memberId: string): Promise<boolean> {
  const r = rechargeRules;
  const [rule] = await tx.db
    .select({ id: r.memberId })
    .from(r)
    .where(and(eq(r.teamId, tx.actor.teamId), eq(r.memberId, memberId), eq(r.enabled, true), isNull(r.waitingSince)));
  return rule !== undefined;
}

/** The actor behind a change: a member, or its user. */
type ActedBy = { memberId: string | null; userId: string | null };

const without = (listeners: Recipient[], by: ActedBy): Recipient[] =>
  listeners.filter(({ memberId, userId }) => memberId !== by.memberId && (userId === null || userId !== by.userId));

/**
 * Finds whose action made an account low at an instant: a transaction writes its transfers and its audit rows under one. A
 * charge by an API key is nobody's action: the member whose program sends is to know.
 */
async function actorAt(tx: TxContext, accountId: string, at: string): Promise<ActedBy> {
  const team = sql`${tx.actor.teamId}::uuid`;
  // Ids are made within the transaction, which ends within a minute.
  const made = (id: SQL) =>
    sql`${id} >= uuid7_floor(${at}::timestamptz - interval '1 second') AND ${id} < uuid7_floor(${at}::timestamptz + interval '1 minute')`;
  const { rows } = await tx.db.execute<ActedBy>(sql`
    SELECT t.actor_member AS "memberId", CASE WHEN t.actor_type = 'user' THEN t.actor_id END AS "userId"
    FROM transfers t JOIN entries e ON e.team_id = ${team} AND e.transfer_id = t.id AND e.account_id = ${accountId}::uuid
    WHERE t.team_id = ${team} AND ${made(sql`t.id`)} AND t.created_at = ${at}::timestamptz
      AND t.actor_type <> 'rule' AND NOT (t.kind = 'charge' AND t.actor_type = 'key')
    UNION ALL
    SELECT k.member_id, CASE WHEN a.actor_type = 'user' THEN a.actor_id END
    FROM audit_events a LEFT JOIN api_keys k ON k.team_id = ${team} AND k.id::text = a.actor_id AND a.actor_type = 'key'
    WHERE a.team_id = ${team} AND ${made(sql`a.id`)} AND a.at = ${at}::timestamptz AND a.action = 'team.updated'
    LIMIT 1`);
  return rows[0] ?? { memberId: null, userId: null };
}

// An owner's own balance is not used, and who is deactivated spends nothing.
async function sendingMember(tx: TxContext, memberId: string): Promise<string | null> {
  const [member] = await tx.db
    .select({ id: members.id })
    .from(members)
    .where(
      and(
        eq(members.teamId, tx.actor.teamId),
        eq(members.id, memberId),
        eq(members.role, 'member'),
        eq(members.status, 'active'),
      ),
    );
  return member?.id ?? null;
}

/** The active owners, and the seat that it is about, but for those who have switched this alert off. */
async function listListeners(tx: TxContext, alert: Alert, memberId: string | null): Promise<Recipient[]> {
  const owns = eq(members.role, 'owner');
  return tx.db
    .select(recipient)
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(
      and(
        eq(members.teamId, tx.actor.teamId),
        eq(members.status, 'active'),
        memberId === null ? owns : or(owns, eq(members.id, memberId)),
        sql`NOT ${alert} = ANY (${members.mutedAlerts})`,
      ),
    );
}

type Episode = { memberId: string; since: string; by?: string | null | undefined };

const episodeOf = ({ memberId, since }: Episode) => `waiting:${memberId}:${new Date(since).getTime()}`;

async function tellWaiting(tx: TxContext, job: Episode): Promise<void> {
  const { teamId } = tx.actor;
  const r = rechargeRules;
  const [rule] = await tx.db
    .select({ since: r.waitingSince, reason: r.reason, threshold: r.threshold })
    .from(r)
    .where(and(eq(r.teamId, teamId), eq(r.memberId, job.memberId)));
  // Served or ended before anybody was told: then there is nothing to tell.
  if (rule?.since?.getTime() !== new Date(job.since).getTime()) return;
  const [account] = await tx.db
    .select({ balance: ledgerAccounts.balance })
    .from(ledgerAccounts)
    .where(and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, job.memberId)));
  const facts = { reason: rule.reason, below: String(rule.threshold), balance: String(account?.balance ?? 0n) };
  const mail = { kind: 'recharge-waiting', about: job.memberId, facts, once: episodeOf(job) } as const;
  const by = { memberId: job.by ?? null, userId: null };
  await queueAlerts(tx, mail, without(await listListeners(tx, 'recharge', job.memberId), by));
}

/** To whom the waiting was told, its end is told. */
async function tellServed(tx: TxContext, job: Episode & { transferId: string }): Promise<void> {
  const { teamId } = tx.actor;
  const [transfer] = await tx.db
    .select({ amount: transfers.amount, balance: transfers.creditAfter })
    .from(transfers)
    .where(and(eq(transfers.teamId, teamId), eq(transfers.id, job.transferId)));
  const listeners = await listListeners(tx, 'recharge', job.memberId);
  if (!transfer || listeners.length === 0) return;
  const onces = listeners.map(({ memberId }) => `${episodeOf(job)}:${memberId}`);
  const told = await tx.db.select({ memberId: mails.memberId }).from(mails).where(inArray(mails.once, onces));
  const facts = { amount: String(transfer.amount), balance: String(transfer.balance) };
  await queueAlerts(
    tx,
    { kind: 'recharge-served', about: job.memberId, facts, once: `served:${job.transferId}` },
    listeners.filter(({ memberId }) => told.some((one) => one.memberId === memberId)),
  );
}

/** A mail of the team did not arrive. An address to which the last one did not either is no news. */
async function tellLost(tx: TxContext, mailId: string): Promise<void> {
  const { teamId } = tx.actor;
  const [mail] = await tx.db
    .select()
    .from(mails)
    .where(and(eq(mails.id, mailId), eq(mails.teamId, teamId)));
  if (!mail || (mail.state !== 'bounced' && mail.state !== 'failed')) return;
  const [before] = await tx.db
    .select({ state: mails.state })
    .from(mails)
    .where(
      and(eq(mails.teamId, teamId), eq(mails.address, mail.address), lt(mails.id, mailId), ne(mails.state, 'queued')),
    )
    .orderBy(desc(mails.id))
    .limit(1);
  if (before?.state === 'bounced' || before?.state === 'failed') return;
  const owners = await listListeners(tx, 'mail-failed', null);
  const alert = { kind: 'mail-failed', about: mailId, facts: {}, once: `lost:${mailId}` } as const;
  const isSame = sql`m.about IN (SELECT l.id FROM mails l
    WHERE l.team_id = ${teamId}::uuid AND l.address = ${mail.address} AND l.state IN ('bounced', 'failed'))`;
  const told = owners.filter(({ address }) => address !== mail.address);
  await queueAlerts(tx, alert, told, isSame);
}

type NewAlert = { kind: AlertMail; about: string; facts: NonNullable<NewMail['facts']>; once: string };

/**
 * Mails an alert: to nobody twice a day about the same account (or failing address), and to no user more than
 * `ALERTS_AN_HOUR` within an hour. What is above that stands in a digest, which leaves when its hour is over.
 */
async function queueAlerts(
  tx: TxContext,
  alert: NewAlert,
  listeners: Recipient[],
  isSame = isAbout(alert),
): Promise<void> {
  if (tx.mail === null || listeners.length === 0) return;
  const { teamId } = tx.actor;
  await lockListeners(tx, listeners);
  const past = await pastAlerts(tx, alert.kind, isSame, listeners);
  const wanted = listeners.filter(({ memberId }) => !past.get(memberId)?.today);
  const isBusy = ({ memberId }: Recipient) => (past.get(memberId)?.lately ?? 0) >= ALERTS_AN_HOUR;
  await queueMails(
    tx,
    { ...alert, teamId },
    wanted.filter((to) => !isBusy(to)),
  );
  for (const to of wanted.filter(isBusy)) {
    const digestId = (await holdDigest(tx, past.get(to.memberId)?.digest)) ?? (await queueDigest(tx, to));
    if (digestId !== null) await queueMails(tx, { ...alert, teamId, digestId }, [to]);
  }
}

/** Locks each listener's alerts: jobs of two teams of one user run at once, and must count each other's mails. */
async function lockListeners(tx: TxContext, listeners: Recipient[]): Promise<void> {
  const keys = listeners.map(({ memberId, userId }) => `${userId ?? memberId} alerts`);
  await tx.db.execute(sql`SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(value, 0) AS key FROM jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb) ORDER BY key) k`);
}

/** Locks an open digest, so that it is not sent before this alert is in it; null where a worker has taken it meanwhile. */
async function holdDigest(tx: TxContext, digestId: string | null | undefined): Promise<string | null> {
  if (!digestId) return null;
  const isOpen = and(eq(mails.id, digestId), eq(mails.state, 'queued'), isNull(mails.claimedUntil));
  const [open] = await tx.db.select({ id: mails.id }).from(mails).where(isOpen).for('update');
  return open?.id ?? null;
}

// A served recharge ends an episode that was told, whenever that was.
const isAbout = ({ kind, about }: NewAlert): SQL => sql`m.about = ${about}::uuid AND ${kind !== 'recharge-served'}`;

// A user's digest is of all teams; that of a member without a user is of its team.
const queueDigest = (tx: TxContext, { memberId, userId, address }: Recipient): Promise<string | null> =>
  queueMail(tx, {
    kind: 'alert-digest',
    address,
    userId,
    ...(userId === null && { memberId, teamId: tx.actor.teamId }),
  });

type Past = { memberId: string; today: boolean; lately: number; digest: string | null };

/** Reads for each listener: whether the same was mailed in the last day, the alerts of the last hour, the open digest. */
async function pastAlerts(
  tx: TxContext,
  kind: AlertMail,
  isSame: SQL,
  listeners: Recipient[],
): Promise<Map<string, Past>> {
  const whom = JSON.stringify(listeners.map(({ memberId, userId }) => ({ memberId, userId })));
  const kinds = sql`ARRAY[${sql.join(
    ALERT_MAILS.map((one) => sql`${one}`),
    sql`, `,
  )}]::text[]`;
  const isTheirs = sql`(CASE WHEN w."userId" IS NULL THEN m.team_id = ${tx.actor.teamId}::uuid AND m.member_id = w."memberId" ELSE m.user_id = w."userId" END)`;
  const { rows } = await tx.db.execute<Past>(sql`
    SELECT w."memberId",
      EXISTS (SELECT 1 FROM mails m WHERE m.team_id = ${tx.actor.teamId}::uuid AND m.member_id = w."memberId" AND m.kind = ${kind}
        AND ${isSame} AND m.id >= uuid7_floor(now() - interval '1 day') AND m.created_at > now() - interval '1 day') AS today,
      (SELECT count(*)::int FROM mails m WHERE ${isTheirs} AND m.kind = ANY (${kinds}) AND m.state <> 'digested'
        AND m.id >= uuid7_floor(now() - interval '1 hour') AND m.created_at > now() - interval '1 hour') AS lately,
      (SELECT m.id FROM mails m WHERE ${isTheirs} AND m.kind = 'alert-digest' AND m.state = 'queued' AND m.claimed_until IS NULL
        AND m.created_at > now() - interval '1 hour' ORDER BY m.id DESC LIMIT 1) AS digest
    FROM jsonb_to_recordset(${whom}::jsonb) AS w("memberId" uuid, "userId" uuid)`);
  return new Map(rows.map((row) => [row.memberId, row]));
}

/**
 * Switches one alert of a person's own seat on or off. Repeated: the same answer.
 * @throws DomainError `not_found`
 */
export async function setAlerts(userCtx: UserContext, input: SetAlerts): Promise<OwnAlerts> {
  const { user, origin, requestId } = userCtx;
  await inUserTransaction(userCtx, async (tx) => {
    const m = members;
    const [member] = await tx.db
      .select({ teamId: m.teamId, muted: m.mutedAlerts })
      .from(m)
      .where(and(eq(m.userId, user.userId), eq(m.id, input.memberId), ne(m.status, 'deleted')));
    if (!member) fail('not_found');
    if (member.muted.includes(input.kind) !== input.on) return;
    const muted = input.on
      ? sql`array_remove(${m.mutedAlerts}, ${input.kind})`
      : sql`array_append(array_remove(${m.mutedAlerts}, ${input.kind}), ${input.kind})`;
    await tx.db
      .update(m)
      .set({ mutedAlerts: muted })
      .where(and(eq(m.teamId, member.teamId), eq(m.id, input.memberId)));
    recordUserAudit(tx, {
      userId: user.userId,
      teamId: member.teamId,
      action: 'user.alert_switched',
      address: origin.address,
      requestId,
      before: { [input.kind]: !input.on },
      after: { [input.kind]: input.on },
    });
  });
  return listOwnAlerts(userCtx);
}
