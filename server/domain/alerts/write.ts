import { and, desc, eq, inArray, lt, ne, or, sql } from 'drizzle-orm';
import { ledgerAccounts, transfers } from '@/db/schema/ledger';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { rechargeRules } from '@/db/schema/recharge';
import { users } from '@/db/schema/users';
import { enqueue, transact, type Ctx, type Tx } from '../ctx';
import { fail } from '../errors';
import { recipient } from '../mails/read';
import { queueMails, type Recipient } from '../mails/write';
import type { Micros } from '../money';
import { note, personally, type Personal } from '../person';
import { mayOperate } from '../policy';
import { listOwnAlerts } from './read';
import type { Alert, AlertJob } from './rules';
import type { OwnAlerts, SetAlerts } from './schema';

/** Sets below what the master balance is low; null: never. The crossing is told by the ledger itself. */
export async function setMasterAlert(tx: Tx, below: Micros | null): Promise<void> {
  await tx.db.execute(sql`SELECT alerts_set(${tx.actor.teamId}::uuid, 'master', ${below}::bigint)`);
}

/**
 * Sets below what every member's balance is low; null: never. Locks members, so it comes before any lock of the master and
 * before the team's own row. A seat that is being made meanwhile is put right by the job.
 */
export async function setMemberAlert(tx: Tx, below: Micros | null): Promise<void> {
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT alerts_set(${teamId}::uuid, 'member', ${below}::bigint)`);
  enqueue(tx, 'alert', { teamId, members: true });
}

/**
 * Tells by mail what has come about, to who wants to know it: the team's owners, and a member of its own seat. It looks how
 * things stand now: what is over is not told. Repeated, it tells nothing twice.
 */
export async function tellAlert(ctx: Ctx, job: AlertJob): Promise<void> {
  mayOperate(ctx.actor);
  await transact(ctx, null, async (tx) => {
    if ('members' in job) await alignMembers(tx);
    else if (tx.tx.team.status !== 'active') return;
    else if ('accountId' in job) await tellLow(tx, job.accountId);
    else if ('mailId' in job) await tellLost(tx, job.mailId);
    else if (job.transferId === null) await tellWaiting(tx, job);
    else await tellServed(tx, { ...job, transferId: job.transferId });
  });
}

async function alignMembers(tx: Tx): Promise<void> {
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT alerts_set(id, 'member', member_low_balance) FROM teams WHERE id = ${teamId}::uuid`);
}

async function tellLow(tx: Tx, accountId: string): Promise<void> {
  const { teamId } = tx.actor;
  const a = ledgerAccounts;
  const [account] = await tx.db
    .select({ kind: a.kind, balance: a.balance, below: a.alertBelow, since: a.lowSince })
    .from(a)
    .where(and(eq(a.teamId, teamId), eq(a.id, accountId)));
  if (!account?.since) return;
  const isMaster = account.kind === 'master';
  const seat = isMaster ? null : await sendingSeat(tx, accountId);
  if (!isMaster && !seat) return;
  const listeners = await listListeners(tx, isMaster ? 'team-balance' : 'member-balance', seat);
  const facts = { balance: String(account.balance), below: String(account.below), master: isMaster || null };
  const once = `low:${accountId}:${account.since.getTime()}`;
  await queueMails(tx, { kind: 'low-balance', teamId, about: accountId, facts, once }, listeners);
}

// An owner's own balance is not used, and who is deactivated spends nothing.
async function sendingSeat(tx: Tx, memberId: string): Promise<string | null> {
  const [seat] = await tx.db
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
  return seat?.id ?? null;
}

/** The active owners, and the seat that it is about, but for those who have switched this alert off. */
async function listListeners(tx: Tx, alert: Alert, memberId: string | null): Promise<Recipient[]> {
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

type Episode = { memberId: string; since: string };

const episodeOf = ({ memberId, since }: Episode) => `waiting:${memberId}:${new Date(since).getTime()}`;

async function tellWaiting(tx: Tx, job: Episode): Promise<void> {
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
  const mail = { kind: 'recharge-waiting', teamId, about: job.memberId, facts, once: episodeOf(job) } as const;
  await queueMails(tx, mail, await listListeners(tx, 'recharge', job.memberId));
}

/** To whom the waiting was told, its end is told. */
async function tellServed(tx: Tx, job: Episode & { transferId: string }): Promise<void> {
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
  await queueMails(
    tx,
    { kind: 'recharge-served', teamId, about: job.memberId, facts, once: `served:${job.transferId}` },
    listeners.filter(({ memberId }) => told.some((one) => one.memberId === memberId)),
  );
}

/** A mail of the team did not arrive. An address to which the last one did not either is no news. */
async function tellLost(tx: Tx, mailId: string): Promise<void> {
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
  await queueMails(
    tx,
    { kind: 'mail-failed', teamId, about: mailId, once: `lost:${mailId}` },
    owners.filter(({ address }) => address !== mail.address),
  );
}

/**
 * Switches one alert of a person's own seat on or off. Repeated: the same answer.
 * @throws DomainError `not_found`
 */
export async function setAlerts(asker: Personal, input: SetAlerts): Promise<OwnAlerts> {
  const { person, origin, requestId } = asker;
  await personally(asker, async (tx) => {
    const m = members;
    const [seat] = await tx.db
      .select({ teamId: m.teamId, muted: m.mutedAlerts })
      .from(m)
      .where(and(eq(m.userId, person.userId), eq(m.id, input.memberId), ne(m.status, 'deleted')));
    if (!seat) fail('not_found');
    if (seat.muted.includes(input.kind) !== input.on) return;
    const muted = input.on
      ? sql`array_remove(${m.mutedAlerts}, ${input.kind})`
      : sql`array_append(array_remove(${m.mutedAlerts}, ${input.kind}), ${input.kind})`;
    await tx.db
      .update(m)
      .set({ mutedAlerts: muted })
      .where(and(eq(m.teamId, seat.teamId), eq(m.id, input.memberId)));
    note(tx, {
      userId: person.userId,
      teamId: seat.teamId,
      action: 'person.alert_switched',
      address: origin.address,
      requestId,
      before: { [input.kind]: !input.on },
      after: { [input.kind]: input.on },
    });
  });
  return listOwnAlerts(asker);
}
