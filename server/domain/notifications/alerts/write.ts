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

/** Sets the alert threshold of the master balance in micros; null turns it off. The ledger records when it is crossed. */
export async function setMasterAlert(tx: TxContext, below: Micros | null): Promise<void> {
  await tx.db.execute(sql`SELECT alerts_set(${tx.actor.teamId}::uuid, 'master', ${below}::bigint)`);
}

/**
 * Sets the alert threshold of every member's balance in micros; null turns it off. Locks members, so it comes before any
 * lock of the master account and of the team's row. The job corrects members that are created meanwhile.
 */
export async function setMemberAlert(tx: TxContext, below: Micros | null): Promise<void> {
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT alerts_set(${teamId}::uuid, 'member', ${below}::bigint)`);
  enqueue(tx, 'alert', { teamId, members: true });
}

/**
 * Queues the emails of an alert to the team's owners, and to a member about themself, unless they turned it off. Reads the
 * current state, so that nothing outdated is sent. Run again, it sends nothing twice.
 */
export async function sendAlert(ctx: Context, job: AlertJob): Promise<void> {
  mayOperate(ctx.actor);
  await inTransaction(ctx, null, async (tx) => {
    if ('members' in job) await alignMembers(tx);
    else if (tx.tx.team.status !== 'active') return;
    else if ('accountId' in job) await alertLow(tx, job.accountId);
    else if ('mailId' in job) await alertUndelivered(tx, job.mailId);
    else if (job.transferId === null) await alertWaiting(tx, job);
    else await alertServed(tx, { ...job, transferId: job.transferId });
  });
}

async function alignMembers(tx: TxContext): Promise<void> {
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT alerts_set(id, 'member', member_low_balance) FROM teams WHERE id = ${teamId}::uuid`);
}

async function alertLow(tx: TxContext, accountId: string): Promise<void> {
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
  const recipients = await listSubscribers(tx, isMaster ? 'team-balance' : 'member-balance', member);
  const facts = { balance: String(account.balance), below: String(account.below), master: isMaster || null };
  const once = `low:${accountId}:${new Date(account.since).getTime()}`;
  const by = await actorAt(tx, accountId, account.since);
  await queueAlerts(tx, { kind: 'low-balance', about: accountId, facts, once }, without(recipients, by));
}

/** Returns whether a rule keeps up a balance: it is on and does not wait. A low balance then needs no alert. */
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

const without = (recipients: Recipient[], by: ActedBy): Recipient[] =>
  recipients.filter(({ memberId, userId }) => memberId !== by.memberId && (userId === null || userId !== by.userId));

/**
 * Finds the actor that made an account low at an instant: the transfers and audit rows of one transaction share its time. A
 * charge by an API key counts as no actor, so that the member is alerted about their own program.
 */
async function actorAt(tx: TxContext, accountId: string, at: string): Promise<ActedBy> {
  const team = sql`${tx.actor.teamId}::uuid`;
  // Ids are created within the transaction, which ends within a minute.
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

// Returns null for an owner, whose balance is not used, and for a deactivated member.
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

/** Lists the active owners and the member concerned, without those who turned this alert off. */
async function listSubscribers(tx: TxContext, alert: Alert, memberId: string | null): Promise<Recipient[]> {
  const isOwner = eq(members.role, 'owner');
  return tx.db
    .select(recipient)
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(
      and(
        eq(members.teamId, tx.actor.teamId),
        eq(members.status, 'active'),
        memberId === null ? isOwner : or(isOwner, eq(members.id, memberId)),
        sql`NOT ${alert} = ANY (${members.mutedAlerts})`,
      ),
    );
}

type Episode = { memberId: string; since: string; by?: string | null | undefined };

const episodeOf = ({ memberId, since }: Episode) => `waiting:${memberId}:${new Date(since).getTime()}`;

async function alertWaiting(tx: TxContext, job: Episode): Promise<void> {
  const { teamId } = tx.actor;
  const r = rechargeRules;
  const [rule] = await tx.db
    .select({ since: r.waitingSince, reason: r.reason, threshold: r.threshold })
    .from(r)
    .where(and(eq(r.teamId, teamId), eq(r.memberId, job.memberId)));
  // The rule was served or stopped waiting before the alert.
  if (rule?.since?.getTime() !== new Date(job.since).getTime()) return;
  const [account] = await tx.db
    .select({ balance: ledgerAccounts.balance })
    .from(ledgerAccounts)
    .where(and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, job.memberId)));
  const facts = { reason: rule.reason, below: String(rule.threshold), balance: String(account?.balance ?? 0n) };
  const mail = { kind: 'recharge-waiting', about: job.memberId, facts, once: episodeOf(job) } as const;
  const by = { memberId: job.by ?? null, userId: null };
  await queueAlerts(tx, mail, without(await listSubscribers(tx, 'recharge', job.memberId), by));
}

/** Alerts those who were alerted that the rule waits. */
async function alertServed(tx: TxContext, job: Episode & { transferId: string }): Promise<void> {
  const { teamId } = tx.actor;
  const [transfer] = await tx.db
    .select({ amount: transfers.amount, balance: transfers.creditAfter })
    .from(transfers)
    .where(and(eq(transfers.teamId, teamId), eq(transfers.id, job.transferId)));
  const recipients = await listSubscribers(tx, 'recharge', job.memberId);
  if (!transfer || recipients.length === 0) return;
  const onces = recipients.map(({ memberId }) => `${episodeOf(job)}:${memberId}`);
  const alerted = await tx.db.select({ memberId: mails.memberId }).from(mails).where(inArray(mails.once, onces));
  const facts = { amount: String(transfer.amount), balance: String(transfer.balance) };
  await queueAlerts(
    tx,
    { kind: 'recharge-served', about: job.memberId, facts, once: `served:${job.transferId}` },
    recipients.filter(({ memberId }) => alerted.some((one) => one.memberId === memberId)),
  );
}

/** Alerts the owners that an email was not delivered, unless the previous email to that address was not either. */
async function alertUndelivered(tx: TxContext, mailId: string): Promise<void> {
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
  const owners = await listSubscribers(tx, 'mail-failed', null);
  const alert = { kind: 'mail-failed', about: mailId, facts: {}, once: `lost:${mailId}` } as const;
  const isSame = sql`m.about IN (SELECT l.id FROM mails l
    WHERE l.team_id = ${teamId}::uuid AND l.address = ${mail.address} AND l.state IN ('bounced', 'failed'))`;
  const others = owners.filter(({ address }) => address !== mail.address);
  await queueAlerts(tx, alert, others, isSame);
}

type NewAlert = { kind: AlertMail; about: string; facts: NonNullable<NewMail['facts']>; once: string };

/**
 * Queues an alert, at most once a day per recipient and account (or failing address), and at most `ALERTS_AN_HOUR` per user
 * and hour. Further alerts go into a digest, which is sent when its hour is over.
 */
async function queueAlerts(
  tx: TxContext,
  alert: NewAlert,
  recipients: Recipient[],
  isSame = isAbout(alert),
): Promise<void> {
  if (tx.mail === null || recipients.length === 0) return;
  const { teamId } = tx.actor;
  await lockAlerts(tx, recipients);
  const past = await pastAlerts(tx, alert.kind, isSame, recipients);
  const wanted = recipients.filter(({ memberId }) => !past.get(memberId)?.today);
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

/** Locks the alerts of each recipient, so that jobs of two teams of one user count each other's emails. */
async function lockAlerts(tx: TxContext, recipients: Recipient[]): Promise<void> {
  const keys = recipients.map(({ memberId, userId }) => `${userId ?? memberId} alerts`);
  await tx.db.execute(sql`SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(value, 0) AS key FROM jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb) ORDER BY key) k`);
}

/** Locks an open digest, so that it is not sent before this alert is in it. Returns null if a worker has claimed it. */
async function holdDigest(tx: TxContext, digestId: string | null | undefined): Promise<string | null> {
  if (!digestId) return null;
  const isOpen = and(eq(mails.id, digestId), eq(mails.state, 'queued'), isNull(mails.claimedUntil));
  const [open] = await tx.db.select({ id: mails.id }).from(mails).where(isOpen).for('update');
  return open?.id ?? null;
}

// A served recharge is always sent, because it ends an episode that was alerted.
const isAbout = ({ kind, about }: NewAlert): SQL => sql`m.about = ${about}::uuid AND ${kind !== 'recharge-served'}`;

// The digest of a user covers all teams, that of a member without a user only its team.
const queueDigest = (tx: TxContext, { memberId, userId, address }: Recipient): Promise<string | null> =>
  queueMail(tx, {
    kind: 'alert-digest',
    address,
    userId,
    ...(userId === null && { memberId, teamId: tx.actor.teamId }),
  });

type Past = { memberId: string; today: boolean; lately: number; digest: string | null };

/** Reads for each recipient if the same alert was sent in the last day, the alerts of the last hour, and the open digest. */
async function pastAlerts(
  tx: TxContext,
  kind: AlertMail,
  isSame: SQL,
  recipients: Recipient[],
): Promise<Map<string, Past>> {
  const list = JSON.stringify(recipients.map(({ memberId, userId }) => ({ memberId, userId })));
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
    FROM jsonb_to_recordset(${list}::jsonb) AS w("memberId" uuid, "userId" uuid)`);
  return new Map(rows.map((row) => [row.memberId, row]));
}

/**
 * Turns one alert of the user's own membership on or off. Does nothing if it is set that way already.
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
