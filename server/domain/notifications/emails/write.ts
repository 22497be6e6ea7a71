import { and, count, eq, gt, inArray, isNotNull, isNull, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { mailbox, mails } from '@/db/schema/mails';
import { users } from '@/db/schema/users';
import { announce } from '@/server/domain/core/change-feed';
import { type Queue, type Services } from '@/server/domain/core/context';
import { newUuid7, timeOfUuid7 } from '@/server/domain/core/ids';
import { inUserTransaction, type UserTx } from '@/server/domain/core/user-context';
import {
  canBeMailed,
  MAIL_CLAIM_MINUTES,
  MAIL_TRIES,
  MAILS_TO_UNVERIFIED,
  type MailEvent,
  type MailKind,
} from './rules';
import { enqueue } from '@/server/domain/core/transaction';

/** An email to queue. `facts` holds ids and numbers that the email prints, never secrets. */
export type NewMail = {
  kind: MailKind;
  address: string;
  teamId?: string | null;
  userId?: string | null;
  memberId?: string | null;
  /** The id of the invitation, link, member or transfer concerned. */
  about?: string | null;
  facts?: Record<string, string | number | boolean | null>;
  /** A key under which the email is queued only once. */
  once?: string;
  /** The digest that contains it; it is then not sent separately. */
  digestId?: string;
};

/** The recipient of an email: a member, its address, and its user if any. */
export type Recipient = { memberId: string; userId: string | null; address: string };

type Change = Services & Queue & { db: Db; now: Date };

/**
 * Queues an email in the transaction of the change that it reports. It is sent after the commit.
 * @returns its id; null if the address cannot be emailed, the email was queued before (`once`), or the address has reached
 *   its limit (`dropExcess`)
 */
export async function queueMail(tx: Change, mail: NewMail): Promise<string | null> {
  const [id] = await queueAll(tx, [mail]);
  return id ?? null;
}

/** Queues the same email to several members. */
export async function queueMails(
  tx: Change,
  mail: Omit<NewMail, 'address' | 'userId' | 'memberId'>,
  recipients: Recipient[],
): Promise<void> {
  await queueAll(
    tx,
    recipients.map((to) => ({ ...mail, ...to, ...(mail.once && { once: `${mail.once}:${to.memberId}` }) })),
  );
}

async function queueAll(tx: Change, wanted: NewMail[]): Promise<string[]> {
  const allowed = await dropExcess(
    tx,
    wanted.filter(({ address }) => canBeMailed(address, tx.mail)),
  );
  const rows = allowed
    // The id holds the time of the change, which in a demo or an import is long past; the row has the time of queueing.
    .map((mail) => ({
      id: newUuid7(tx.now),
      state: mail.digestId ? ('digested' as const) : ('queued' as const),
      ...mail,
    }));
  if (rows.length === 0) return [];
  const made = await tx.db
    .insert(mails)
    .values(rows)
    .onConflictDoNothing()
    .returning({ id: mails.id, kind: mails.kind, state: mails.state });
  // A digest is sent when its hour is over.
  const now = made.filter(({ kind, state }) => state === 'queued' && kind !== 'alert-digest');
  for (const { id } of now) enqueue(tx, 'send-mail', { mailId: id });
  return made.map(({ id }) => id);
}

// Not limited here: invitations, which have their own limit; alerts in a digest, which are not sent; and emails about no
// team, which follow the user's own actions.
const isLimited = ({ kind, teamId, digestId }: NewMail): boolean =>
  kind !== 'invitation' && digestId === undefined && ((teamId ?? null) !== null || kind === 'alert-digest');

/**
 * Drops emails beyond `MAILS_TO_UNVERIFIED` a day to addresses that no user has verified, because an owner can enter any
 * address and must not fill a mailbox. Counted per team under a lock, so that parallel changes count each other.
 * @param wanted emails about one team, or a user's digest
 */
async function dropExcess(tx: Change, wanted: NewMail[]): Promise<NewMail[]> {
  const limited = wanted.filter(isLimited);
  const [first] = limited;
  if (!first) return wanted;
  const left = await findUnverified(tx, limited);
  if (left.size === 0) return wanted;
  const { teamId, userId } = first;
  await tx.db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${teamId ?? userId} mails`}::text, 0))`);
  const scope = teamId ? eq(mails.teamId, teamId) : and(eq(mails.userId, userId!), eq(mails.kind, 'alert-digest'));
  const past = await tx.db
    .select({ address: mails.address, sent: count() })
    .from(mails)
    .where(
      and(
        scope,
        inArray(mails.address, [...left.keys()]),
        ne(mails.state, 'digested'),
        sql`${mails.id} >= uuid7_floor(now() - interval '1 day')`,
        gt(mails.createdAt, sql`now() - interval '1 day'`),
      ),
    )
    .groupBy(mails.address);
  for (const { address, sent } of past) left.set(address, MAILS_TO_UNVERIFIED - sent);
  return wanted.filter((mail) => {
    const more = isLimited(mail) ? left.get(mail.address) : undefined;
    if (more === undefined) return true;
    left.set(mail.address, more - 1);
    return more > 0;
  });
}

/** Finds the addresses that no user has verified, each with its limit `MAILS_TO_UNVERIFIED`. */
async function findUnverified({ db }: Change, to: NewMail[]): Promise<Map<string, number>> {
  const addresses = [...new Set(to.map(({ address }) => address))];
  const verified = await db
    .select({ email: users.email })
    .from(users)
    .where(and(inArray(users.email, addresses), isNotNull(users.emailProvenAt)));
  const known = new Set(verified.map(({ email }) => email));
  return new Map(addresses.filter((one) => !known.has(one)).map((one) => [one, MAILS_TO_UNVERIFIED]));
}

/** Lists the digests whose hour is over, to be sent now. */
export async function listDueDigests({ database }: Services): Promise<string[]> {
  const isOver = lt(mails.createdAt, sql`now() - interval '1 hour'`);
  const due = and(eq(mails.state, 'queued'), eq(mails.kind, 'alert-digest'), isNull(mails.claimedUntil), isOver);
  return (await database.db.select({ id: mails.id }).from(mails).where(due).limit(1_000)).map(({ id }) => id);
}

/** An email that a worker has claimed. */
export type ClaimedMail = Omit<typeof mails.$inferSelect, 'claimedUntil' | 'once' | 'digestId'>;

/**
 * Claims an email for one worker. Returns null if it was sent or given up, or another worker has claimed it. After a worker
 * has died, the next one sends the email under the same id.
 */
export async function claimMail({ database }: Services, id: string): Promise<ClaimedMail | null> {
  const [mail] = await database.db
    .update(mails)
    .set({
      attempts: sql`${mails.attempts} + 1`,
      claimedUntil: sql`now() + make_interval(mins => ${MAIL_CLAIM_MINUTES})`,
    })
    .where(
      and(
        eq(mails.id, id),
        eq(mails.state, 'queued'),
        or(isNull(mails.claimedUntil), lt(mails.claimedUntil, sql`now()`)),
      ),
    )
    .returning();
  return mail ?? null;
}

/** The result of sending an email. `lost`: unknown, or it may succeed later. */
export type MailOutcome =
  | { is: 'sent'; provider: string; providerId: string | null }
  | { is: 'refused' | 'lost'; why: string };

/**
 * Records the result of sending an email: sent; failed, if refused for good or lost too often; else it waits.
 * @returns `again` if it has to be sent again
 */
export async function settleMail(
  services: Services,
  mail: ClaimedMail,
  outcome: MailOutcome,
): Promise<'done' | 'again'> {
  if (outcome.is === 'lost' && mail.attempts < MAIL_TRIES) {
    const left = { error: outcome.why.slice(0, MAX_ERROR), claimedUntil: null };
    await services.database.db.update(mails).set(left).where(isQueued(mail.id));
    return 'again';
  }
  await inUserTransaction(services, async (tx) => {
    if (outcome.is === 'sent') {
      const { provider, providerId } = outcome;
      // The provider's report may have arrived before its response: the reported state stays.
      const known = { provider, providerId: sql`coalesce(${providerId}, ${mails.providerId})`, claimedUntil: null };
      await tx.db
        .update(mails)
        .set({ ...known, sentAt: tx.now })
        .where(eq(mails.id, mail.id));
      await tx.db.update(mails).set({ state: 'sent', error: null }).where(isQueued(mail.id));
    } else {
      const failed = { state: 'failed', error: outcome.why.slice(0, MAX_ERROR), settledAt: tx.now } as const;
      const ended = await tx.db.update(mails).set(failed).where(isQueued(mail.id)).returning({ id: mails.id });
      if (ended.length > 0) queueFailureAlert(tx, mail);
    }
  });
  publishState(services, mail.teamId);
  return 'done';
}

const MAX_ERROR = 500;
const isQueued = (id: string) => and(eq(mails.id, id), eq(mails.state, 'queued'));

/** Deletes an email that has not been sent, because its subject is outdated. */
export async function dropMail({ database }: Services, id: string): Promise<void> {
  await database.db.delete(mails).where(isQueued(id));
}

/** The states that each reported state may replace. Final states stay, but a bounce may follow a delivery. */
const BEFORE: Record<MailEvent['state'], ('queued' | 'sent' | 'delivered')[]> = {
  sent: ['queued'],
  delivered: ['queued', 'sent'],
  bounced: ['queued', 'sent', 'delivered'],
  failed: ['queued', 'sent'],
};

/** Records a provider's report. A repeated, late or out-of-order report changes no final state. */
export async function reportMail(services: Services, event: MailEvent): Promise<void> {
  const { providerId, state, why } = event;
  const found = await inUserTransaction(services, async (tx) => {
    // An email that was given up without a response may have been accepted: then the provider's report counts.
    const unanswered = and(eq(mails.state, 'failed'), isNull(mails.providerId));
    const isBefore = inArray(mails.state, BEFORE[state]);
    const [mail] = await tx.db
      .update(mails)
      .set({
        state,
        providerId: sql`coalesce(${mails.providerId}, ${providerId}::text)`,
        error: why?.slice(0, MAX_ERROR) ?? null,
        ...(state === 'sent' ? { sentAt: tx.now } : { settledAt: tx.now }),
      })
      .where(and(isNamed(event), state === 'delivered' ? or(isBefore, unanswered) : isBefore))
      .returning();
    if (mail && (state === 'bounced' || state === 'failed')) queueFailureAlert(tx, mail);
    return mail;
  });
  if (found) publishState(services, found.teamId);
}

/** Records that the recipient marked a delivered email as spam. */
export async function recordComplaint(
  { database }: Services,
  names: { mailId: string | null; providerId: string | null },
): Promise<void> {
  await database.db
    .update(mails)
    .set({ error: 'Delivered, then marked as spam by the recipient.' })
    .where(and(isNamed(names), inArray(mails.state, ['sent', 'delivered'])));
}

/** Matches an email by our id or by the provider's, because a report may arrive before the provider's id is stored. */
const isNamed = ({ mailId, providerId }: { mailId: string | null; providerId: string | null }): SQL =>
  sql`(${mails.id} = ${mailId}::uuid OR ${mails.providerId} = ${providerId}::text)`;

// The failure of a failure alert causes no further alert, which would be endless.
function queueFailureAlert(tx: UserTx, mail: Pick<ClaimedMail, 'id' | 'teamId' | 'kind'>): void {
  if (mail.teamId !== null && mail.kind !== 'mail-failed' && mail.kind !== 'alert-digest')
    enqueue(tx, 'alert', { teamId: mail.teamId, mailId: mail.id });
}

// Publishes the change to owners only: no member in particular is concerned.
function publishState({ database }: Services, teamId: string | null): void {
  if (teamId !== null) announce(database.pool, teamId, new Map([['invitations', new Set()]]));
}

/**
 * Lists the emails whose worker has died, to be sent again. Gives up those that were not sent for a day.
 * @returns the ids to send
 */
export async function listAbandonedMails(services: Services): Promise<string[]> {
  const { db } = services.database;
  const old = and(eq(mails.state, 'queued'), lt(mails.createdAt, sql`now() - interval '1 day'`));
  const gone = await db.select().from(mails).where(old).limit(1_000);
  for (const mail of gone)
    await settleMail(services, mail, { is: 'refused', why: mail.error ?? 'Not sent within a day.' });
  const left = and(eq(mails.state, 'queued'), lt(mails.claimedUntil, sql`now()`));
  return (await db.select({ id: mails.id }).from(mails).where(left)).map(({ id }) => id);
}

/** Stores an email in the demo's mailbox, once per id. */
export async function putInMailbox(
  { database }: Services,
  mail: { id: string; address: string; subject: string; html: string; text: string },
): Promise<void> {
  await database.db
    .insert(mailbox)
    .values({ ...mail, at: timeOfUuid7(mail.id) })
    .onConflictDoNothing();
}
